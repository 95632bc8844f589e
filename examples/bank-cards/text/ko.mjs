import { cards } from './ko-cards.mjs'
import { apply } from './ko-apply.mjs'
import { help } from './ko-help.mjs'

// '과' after a final consonant, '와' otherwise.
const and = (name) => ((name.charCodeAt(name.length - 1) - 0xac00) % 28 === 0 ? '와' : '과')

const won = (amount) => `${amount.toLocaleString('ko')}원`

export const ko = {
  lang: 'ko', other: 'en', otherName: 'English', locale: 'ko_KR', brand: '해밀카드', won, cards, articles: help, apply,
  categories: { travel: '여행', shopping: '쇼핑', dining: '외식', everyday: '생활', premium: '프리미엄' },
  categoryLines: {
    travel: '항공, 철도, 해외 결제', shopping: '장보기, 온라인몰, 할부', dining: '음식점, 카페, 배달',
    everyday: '공과금, 교통, 그 밖의 모든 것', premium: '라운지, 호텔, 컨시어지',
  },
  common: {
    skip: '본문 바로가기', menu: '주 메뉴', account: '계정 및 설정', cards: '카드', compare: '비교', help: '고객지원', searchLabel: '카드와 도움말 검색', search: '검색',
    signIn: '로그인', signOut: '로그아웃', hello: (name) => `${name} 님, 안녕하세요`, personalised: '맞춤 콘텐츠',
    why: '추천 이유', apply: '신청하기', details: '자세히', home: '홈', breadcrumb: '현재 위치', page: (title) => `${title} · 해밀카드`,
  },
  figures: { rate: '캐시백', fee: '연회비', noFee: '없음', cap: '월 한도', noCap: '한도 없음', spend: '전월 실적', noSpend: '조건 없음', overseas: '해외 이용 수수료', noOverseas: '없음', income: '연 소득 기준', perYear: (sum) => sum },
  home: {
    title: '해밀카드: 작은 글씨가 없는 신용카드', description: '혜택도 한도도 연회비도 분명한 열 장의 신용카드.',
    notice: { title: '고객센터', body: '오늘은 18시까지 상담합니다. 분실 신고는 24시간 받습니다.', cta: '고객지원' },
    byCategory: '어디에 가장 많이 쓰시나요?', byCategoryLead: '답마다 카드 두 장씩, 그게 전부입니다.',
    popular: '이달에 많이 찾은 카드', all: '카드 10종 모두 보기',
    month: '한 달을 계산해 봤습니다', monthLead: '2인 가구 월 지출 1,550,000원. 항목마다 알맞은 카드로 결제하고 월 한도까지 반영한 금액입니다.',
    monthHead: ['지출', '금액', '카드', '캐시백'], monthTotal: '합계',
    monthRows: { 'dami-cart': '장보기와 배송', 'masi-table': '주말 외식', 'maru-home': '공과금과 통신비', 'sora-road': '주유와 철도', 'maru-daily': '그 밖의 지출' },
    trust: [['한 장짜리 약관', '비용과 한도를 신청 버튼보다 먼저 보여드립니다.'], ['하루 안에 심사', '영업일 하루 안에 결정하고, 거절하면 이유를 알려드립니다.'], ['14일 안에 철회', '카드를 돌려주시면 연회비도 돌려드립니다.'], ['24시간 상담원', '분실 신고는 언제든 사람이 직접 받습니다.']],
  },
  catalogue: {
    title: '카드', lead: '카드는 모두 열 장입니다. 여기 적힌 혜택, 한도, 연회비가 실제로 받으실 조건입니다.', all: '전체', filter: '분류별 보기', pick: (name) => `${name} 비교하기`, pickShort: '비교',
    compare: '선택한 카드 비교', pickHint: '두세 장을 골라 주세요.', banner: { badge: '처음이신가요', title: '어디서부터 볼지 고민되시나요?', body: '두세 장을 나란히 놓고 연회비와 한도를 한 표에서 확인하세요.', cta: '카드 비교하기' },
    count: (n) => `카드 ${n}종`,
  },
  detail: {
    apply: '이 카드 신청하기', compare: (name) => `${name}${and(name)} 비교하기`, benefits: '주요 혜택', costs: '비용과 신청 조건',
    revolving: '리볼빙 이자율', revolvingValue: '연 5.9%~19.5%', late: '연체 이자율', lateValue: '약정 이자율 + 3%p, 최고 연 20%', age: '나이', ageValue: '만 19세 이상', related: '함께 보면 좋은 카드',
    legal: '계약을 체결하기 전에 상품설명서와 약관을 확인하시기 바랍니다. 상환 능력에 비해 신용카드 사용액이 과도하면 개인신용평점이 하락할 수 있습니다. 연체 이자율은 최고 연 20%입니다.',
  },
  compare: {
    title: '카드 비교', lead: '두세 장의 카드에 같은 질문을 던져 보세요.', choose: '비교할 카드', button: '비교하기', none: '카드를 두 장 이상 고르면 나란히 보여드립니다.',
    tooMany: '한 번에 세 장까지 비교할 수 있어 앞의 세 장을 보여드립니다.', unknown: '찾을 수 없는 카드는 제외했습니다.', remove: (name) => `${name} 빼기`, removeShort: '빼기', category: '용도', gets: '추가 혜택', table: '비교표', pairs: '자주 비교하는 카드', and: '·',
  },
  search: {
    title: '검색', placeholder: '라운지, 연회비, 분실 신고 등', results: (n, q) => `‘${q}’ 검색 결과 ${n}건`, empty: '찾으시는 말을 입력하면 카드와 도움말에서 검색합니다.', none: '철자를 확인하거나 더 넓은 말로 검색해 보세요. 많이 찾는 검색어입니다.', card: '카드', help: '도움말', suggestions: ['해외', '장보기', '라운지', '명세서'],
  },
  help: { title: '고객지원', lead: '자주 묻는 질문 여섯 가지입니다. 더 궁금한 점은 1500-0000으로 전화해 주세요.', more: '다른 질문', call: '해결되지 않았다면 1500-0000으로 전화해 주세요. 평일 9시부터 18시까지 상담합니다.' },
  signIn: {
    title: '로그인', lead: '시연용 카드사입니다. 가상의 고객 세 명 중 한 명으로 로그인해 보세요.', user: '아이디', password: '비밀번호', button: '로그인', wrong: '아이디와 비밀번호가 맞지 않습니다. 아래 목록에 있는 것을 사용해 주세요.', demo: '시연용 고객', demoPassword: '공통 비밀번호:', already: (name) => `${name} 님으로 로그인되어 있습니다.`,
    notes: { seoyeon: '두 달에 한 번 여행을 떠납니다', dohyun: '저녁마다 온라인 쇼핑을 합니다', haeun: '주말이면 외식을 합니다' },
  },
  notFound: { title: '페이지를 찾을 수 없습니다', body: '주소가 바뀌었을 수 있습니다. 아래에서 다시 시작해 보세요.' },
  refused: { title: '이 사이트에서 보낸 요청이 아닙니다', body: '이전 페이지로 돌아가 다시 시도해 주세요.' },
  footer: {
    company: '해밀카드는 가상의 회사입니다. 카드사 웹사이트에서 Attune이 어떻게 동작하는지 보여주는 시연용 사이트이며, 신청하신 내용은 실제로 처리되지 않습니다.', columns: '사이트', appearance: '화면 모드', themes: { auto: '자동', light: '밝게', dark: '어둡게' }, privacy: '개인정보 처리방침', resume: '신청 이어서 하기',
    rules: '연체 이자율은 최고 연 20%입니다. 상환 능력에 비해 신용카드 사용액이 과도하면 개인신용평점이 하락할 수 있습니다.',
  },
  notice: { label: '맞춤 콘텐츠 안내', text: '콘텐츠는 고객님의 기기 안에서 선택됩니다. 방문 횟수만 집계하며 양식에 입력한 내용은 수집하지 않습니다.', link: '자세히 보기', close: '확인' },
  privacy: {
    title: '개인정보 처리방침', lead: '이 사이트가 무엇을 알아차리고, 어디에 두며, 어떻게 멈출 수 있는지 설명합니다.',
    sections: [
      ['기기 안에서 선택합니다', '어떤 카드를 먼저 보여드릴지는 이 사이트에서 보신 페이지를 바탕으로 고객님의 브라우저 안에서 정합니다. 그 목록은 브라우저 저장소에만 남습니다.'],
      ['언제 무엇이 나가나요', '동의하신 경우에 한해 페이지를 연 사실, 제안을 본 사실, 신청서를 시작하거나 그만두거나 보낸 사실을 기록합니다. 기록은 저희 주소로만 보내며 다른 회사에 전달하지 않습니다.'],
      ['절대 읽지 않는 것', '신청서에 입력하신 내용은 기록하지 않습니다. 이름도, 소득도, 비밀번호도 마찬가지입니다. 어느 단계까지 왔는지만 남습니다.'],
      ['로그인한 뒤에는', '방문 기록이 은행 밖에서는 아무 의미가 없는 고객 번호와 연결됩니다. 로그아웃하면 연결이 끊어집니다.'],
      ['신용 심사와 무관합니다', '여기서 알게 된 내용은 카드 발급 여부, 한도, 이자율을 정하는 데 쓰지 않습니다.'],
    ],
    control: '고객님의 선택', controlBody: '맞춤 콘텐츠를 끄면 그 즉시 모든 방문자에게 보이는 기본 화면으로 바뀝니다.', forget: '이 브라우저 기록 지우기', forgetBody: '이 사이트가 기기와 회사에 남긴 기록을 지웁니다.', forgotten: '이 브라우저의 기록을 지웠습니다.',
    cookies: '저장하는 항목', cookieHead: ['이름', '용도', '보관 기간'],
    cookieRows: [['session', '로그인 상태 유지', '로그아웃할 때까지'], ['application', '신청하던 카드', '7일'], ['theme', '화면 모드', '1년'], ['haemil.personalise', '맞춤 콘텐츠 선택', '직접 지울 때까지'], ['haemil.notice', '안내를 확인했는지 여부', '직접 지울 때까지'], ['haemil.customer', '로그인 중인 고객 번호', '로그아웃할 때까지'], ['haemil.draft', '작성 중인 신청서의 선택 항목(직접 입력한 내용은 제외)', '7일']],
  },
}
