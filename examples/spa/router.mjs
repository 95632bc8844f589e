// The address as a value that views follow.
import { ref } from 'vue'

export const path = ref(location.pathname)
addEventListener('popstate', () => (path.value = location.pathname))

export function go(to) {
  history.pushState(null, '', to)
  path.value = to
}
