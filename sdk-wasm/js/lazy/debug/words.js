// What the debugger says, in English and Korean.

const WORDS = {
  en: {
    title: "Attune debugger", events: "Events", decisions: "Decisions", visitor: "Visitor", network: "Network",
    smaller: "Make it smaller", larger: "Make it larger", close: "Close", until: (time) => `until ${time}`,
    mode: "Mode", level: "Level", consent: "Consent", answered: "answered", presumed: "presumed", gpc: "Global Privacy Control",
    measure: "measure", personalise: "personalise", share: "share", yes: "yes", no: "no",
    by: { rule: "by rule", default: "no rule", http: "page over http", no_bundle: "no bundle", consent: "by consent" },
    nothing: "Nothing yet.", needs: (least, level) => `needs level ${least}, here ${level}`, unanswered: "not allowed by consent", badName: "not a name",
    early: "waits for the site's rules", waiting: "waiting", sent: "sent", device: "stays on the device", cut: (level) => `left out at level ${level}`,
    removed: (count, kind) => `${count} × ${kind} removed`, default: "Default content", shown: "Shown", now: "Decided now", server: "by the server", noPlacements: "This page has no placements.",
    steps: "Why", unexplained: "No details: this page decides nothing by itself.", withheld: "withheld to measure lift", notShown: "not shown",
    ids: "Who", user: "user", session: "session", none: "none", counters: "Events it has learnt", interests: "Interests", attributes: "Attributes",
    times: (count, when) => `${count} ×, last ${when}`, later: "Nothing has been decided yet: these events wait for the profile.",
    waits: (count) => `${count} waiting to be sent`, send: "Send now", requests: "Requests", stored: "Stored on this device", bytes: (count) => `${count} B`,
    characters: (count) => `${count} characters`, delivered: (count) => `${count} events delivered`,
  },
  ko: {
    title: "Attune 디버거", events: "이벤트", decisions: "결정", visitor: "방문자", network: "네트워크",
    smaller: "작게", larger: "크게", close: "닫기", until: (time) => `${time}까지`,
    mode: "모드", level: "수집 수준", consent: "동의", answered: "응답", presumed: "추정", gpc: "Global Privacy Control",
    measure: "측정", personalise: "개인화", share: "제공", yes: "예", no: "아니요",
    by: { rule: "규칙", default: "규칙 없음", http: "http 페이지", no_bundle: "번들 없음", consent: "동의에 따름" },
    nothing: "아직 없습니다.", needs: (least, level) => `수준 ${least} 필요, 여기는 ${level}`, unanswered: "동의가 없어 기록하지 않음", badName: "이름이 아님",
    early: "사이트 규칙을 기다림", waiting: "전송 대기", sent: "전송됨", device: "기기에만 남음", cut: (level) => `수준 ${level}에서 제외`,
    removed: (count, kind) => `${kind} ${count}건 제거`, default: "기본 콘텐츠", shown: "표시", now: "지금 결정하면", server: "서버가 결정", noPlacements: "이 페이지에는 배치 영역이 없습니다.",
    steps: "이유", unexplained: "이 페이지는 스스로 결정하지 않아 설명이 없습니다.", withheld: "효과 측정을 위해 표시하지 않음", notShown: "표시 안 함",
    ids: "식별", user: "사용자", session: "세션", none: "없음", counters: "학습한 이벤트", interests: "관심 분야", attributes: "속성",
    times: (count, when) => `${count}회, 마지막 ${when}`, later: "아직 결정한 것이 없어 프로필이 이벤트를 기다립니다.",
    waits: (count) => `전송 대기 ${count}건`, send: "지금 전송", requests: "요청", stored: "이 기기에 저장된 항목", bytes: (count) => `${count} B`,
    characters: (count) => `${count}자`, delivered: (count) => `이벤트 ${count}건 전송`,
  },
};

export const wordsOf = (language) => WORDS[language.split("-")[0]] || WORDS.en;
