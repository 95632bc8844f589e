//! Sites, the tag, settings.

super::messages! {
    SITES_ABOUT: "Each installation of the tag is a site with its own key, campaigns and figures.", "태그를 설치한 곳마다 고유한 키, 캠페인, 수치를 가진 사이트입니다.";
    NO_SITES: "No site yet", "아직 사이트가 없습니다";
    NO_SITES_NEXT: "Create one below; then paste one line into your pages.", "아래에서 만든 다음 페이지에 한 줄을 붙여 넣으세요.";
    NEW_SITE: "New site", "새 사이트";
    SITE_KEY: "Public key", "공개 키";
    SITE_NAME_HINT: "Letters, digits, dots, dashes and underscores.", "영문, 숫자, 점, 하이픈, 밑줄을 쓸 수 있습니다.";
    ORIGINS: "Origins", "출처";
    ORIGINS_HINT: "Whose pages may send events, separated by commas; any if empty.", "이벤트를 보낼 수 있는 출처를 쉼표로 구분합니다. 비우면 모두 허용합니다.";
    ANY_ORIGIN: "Any", "모두";

    TAG_ABOUT: "One line makes your pages measure and personalise. It never blocks or restyles them.", "한 줄이면 페이지에서 측정과 개인화가 시작됩니다. 페이지를 막거나 바꾸지 않습니다.";
    TAG_WORKS: "The tag works", "태그가 작동합니다";
    TAG_WORKS_TEXT: "First event {first}; last {last}.", "첫 이벤트 {first}, 마지막 {last}.";
    TAG_WAITING: "Waiting for the first event", "첫 이벤트를 기다리는 중";
    TAG_WAITING_TEXT: "Paste the line, open a page, allow measuring: this turns green within seconds.", "한 줄을 붙여 넣고 페이지를 열어 측정을 허용하면 몇 초 안에 초록색으로 바뀝니다.";
    TAG_LINE: "The line to paste", "붙여 넣을 한 줄";
    TAG_LINE_TEXT: "Into the head of every page. Serve it from your own domain through a proxy to keep it first-party.", "모든 페이지의 head에 넣으세요. 자사 도메인의 프록시를 거치면 퍼스트 파티로 유지됩니다.";
    TAG_CSP: "If you have a content security policy", "콘텐츠 보안 정책(CSP)이 있다면";
    TAG_CSP_TEXT: "Add these sources. Nothing inline is needed.", "아래 출처를 추가하세요. 인라인 코드는 필요 없습니다.";
    TAG_PLACE: "Where an offer may appear", "오퍼가 나타날 자리";
    TAG_PLACE_TEXT: "Put your default content inside: it stays if nothing better is known, and without JavaScript.", "기본 콘텐츠를 안에 두세요. 더 나은 것이 없거나 자바스크립트가 없으면 그대로 보입니다.";
    PAGES_SEEN: "Pages seen lately", "최근 수집된 페이지";
    PAGE: "Page", "페이지";
    EVENTS: "Events", "이벤트";
    BUNDLE_SIZE: "Bundle size", "번들 크기";
    BUNDLE_HASH: "Bundle", "번들";

    SETTINGS_ABOUT: "What every decision on this site depends on. Changes reach visitors within a minute.", "이 사이트의 모든 결정이 따르는 설정입니다. 변경은 1분 안에 방문자에게 적용됩니다.";
    ENABLED: "Personalisation is on", "개인화 켜짐";
    ENABLED_HINT: "The kill switch: off shows default content everywhere.", "비상 스위치: 끄면 어디에서나 기본 콘텐츠가 보입니다.";
    SWITCHED_OFF: "Off: once saved, every visitor sees default content.", "꺼짐: 저장하면 모든 방문자가 기본 콘텐츠를 봅니다.";
    MEASURING: "Measuring", "측정";
    GLOBAL_HOLDOUT: "Global holdout, %", "전체 홀드아웃, %";
    GLOBAL_HOLDOUT_HINT: "Visitors whom no campaign ever treats: the yardstick of lift.", "어떤 캠페인도 적용하지 않는 방문자: 효과를 재는 기준입니다.";
    SALT: "Salt", "솔트";
    SALT_HINT: "Changing it draws new holdouts and variants for everybody.", "바꾸면 모든 방문자의 홀드아웃과 변형이 새로 뽑힙니다.";
    SESSION_TIMEOUT: "Session timeout", "세션 시간 제한";
    UTC_OFFSET: "Offset from UTC, minutes", "UTC 기준 시차(분)";
    UTC_OFFSET_HINT: "540 for Seoul. Days and weeks of caps follow it.", "서울은 540. 노출 제한의 하루와 한 주가 이를 따릅니다.";
    CONSENT: "Consent", "동의";
    CONSENT_ABOUT: "What counts until a visitor answers.", "방문자가 답하기 전의 기준입니다.";
    MEASURE_BASIS: "Measuring", "측정";
    PERSONALISE_BASIS: "Personalisation", "개인화";
    OPT_IN: "Nothing without a yes", "동의해야 시작";
    OPT_OUT: "Allowed until a no", "거부하기 전까지 허용";
    AFFINITY: "Affinity", "관심도";
    AFFINITY_ABOUT: "How interest in categories is earned and forgotten.", "카테고리 관심이 쌓이고 잊히는 방식입니다.";
    HALF_LIFE: "Half-life", "반감기";
    AFFINITY_WEIGHTS: "Points by event", "이벤트별 점수";
    PLACEMENTS_ABOUT: "Named places in your pages, and how long each may wait.", "페이지에서 이름 붙은 자리와 기다릴 수 있는 시간입니다.";
    PLACEMENT_NAME: "Name in the page", "페이지에서의 이름";
    BUDGET_MS: "Waits at most, ms", "최대 대기, ms";
    ATTRIBUTES_ABOUT: "What you tell about a visitor with identify(), and where it may be used.", "identify()로 전달하는 방문자 정보와 사용할 수 있는 범위입니다.";
    SENSITIVITY: "May be used", "사용 범위";
    LABEL_PUBLIC: "Anywhere", "어디서나";
    LABEL_DEVICE: "On the visitor’s device", "방문자 기기에서";
    LABEL_SERVER: "On the server only", "서버에서만";
}
