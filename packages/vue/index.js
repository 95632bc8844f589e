// A placement for Vue: what is decided is drawn by Vue, from the first byte that the server prints.

import { listen, offerIn, printedBlock, printedOffer } from "attune-web/placements";
import { defineComponent, getCurrentInstance, h, onBeforeUnmount, onMounted, shallowRef } from "vue";

// The default slot draws the offer; the slot `fallback` is what everybody sees. `printed` is what `/v1/decide` answered
// the server.
export const Placement = defineComponent({
  name: "AttunePlacement",
  props: { name: { type: String, required: true }, printed: Object, lang: String },
  setup(props, { slots }) {
    const { printed, lang } = props;
    // The block is for the tag that comes after the server's page; a page that Vue makes has the device decide.
    const fromServer = printed && (typeof document === "undefined" || getCurrentInstance().vnode.el);
    const block = fromServer && h("script", { type: "application/json", "data-attune-decision": "", innerHTML: printedBlock(printed) });
    const offer = shallowRef(fromServer ? printedOffer(printed, lang) : null);
    const element = shallowRef(null);
    const take = () => {
      const told = offerIn(element.value);
      if (told !== undefined) offer.value = told;
    };
    let stop;
    onMounted(() => {
      stop = listen(take);
      take();
    });
    onBeforeUnmount(() => stop());
    return () =>
      h("attune-placement", { name: props.name, ref: element }, [
        offer.value ? slots.default({ offer: offer.value }) : slots.fallback && slots.fallback(),
        block,
      ]);
  },
});
