const days = ['1', '5', '10', '14', '25']

export const apply = {
  title: (name) => `${name} 신청`, choose: '어떤 카드를 신청하시겠어요?', chooseLead: '카드를 고르면 바로 시작합니다. 5분 정도 걸립니다.', another: '다른 카드 고르기', save: '선택한 항목은 이 기기에 7일간 보관됩니다. 직접 입력한 내용은 보관하지 않습니다.',
  progress: '진행 단계', stepOf: (n, all, title) => `${all}단계 중 ${n}단계: ${title}`, next: '다음', back: '이전', submit: '신청서 보내기', edit: '수정', optional: '선택', pick: '선택해 주세요', errors: '다음 항목을 확인해 주세요', notGiven: '입력 안 함',
  steps: { eligibility: '자격 확인', personal: '본인 정보', contact: '연락처', delivery: '수령 및 확인' },
  leads: { eligibility: '헛수고하시지 않도록 네 가지만 먼저 여쭤봅니다.', personal: '신분증과 똑같이 입력해 주세요.', contact: '심사 결과를 알려드릴 곳입니다.', delivery: '카드 받을 곳을 정하고 마지막으로 확인해 주세요.' },
  labels: {
    residency: '거주지', employment: '직업', employer: '직장 또는 상호', income: '세전 연 소득', full_name: '이름', card_name: '카드에 새길 영문 이름', birth_date: '생년월일',
    phone: '휴대전화', email: '이메일', postcode: '우편번호', address: '주소', contact_time: '통화하기 좋은 시간', delivery: '카드 받을 곳', payment_day: '결제일', statement: '명세서 받을 방법', terms: '상품설명서와 약관을 읽었습니다', credit_check: '이 신청을 위한 신용정보 조회에 동의합니다',
  },
  hints: { income: '원 단위, 예: 42,000,000', card_name: '여권과 같은 영문으로 입력해 주세요', birth_date: '만 19세 이상만 신청할 수 있습니다', phone: '예: 010-1234-5678', postcode: '다섯 자리 숫자', email: '심사 결과를 보내드립니다' },
  options: {
    residency: { resident: '국내 거주', abroad: '해외 거주 (대한민국 국적)', foreign: '국내 거주 (외국 국적)' },
    employment: { employed: '직장인', self: '자영업', student: '학생', retired: '은퇴', other: '기타' },
    contact_time: { any: '언제든지', morning: '오전', afternoon: '오후', evening: '18시 이후' },
    delivery: { home: '자택', work: '직장', branch: '영업점 방문 수령' },
    payment_day: Object.fromEntries(days.map((day) => [day, `매월 ${day}일`])),
    statement: { email: '이메일', post: '우편' },
  },
  messages: { required: '입력해 주세요.', choose: '하나를 선택해 주세요.', agree: '동의하셔야 진행할 수 있습니다.', email: '이메일 주소 형식이 아닙니다.', phone: '010-1234-5678과 같은 휴대전화 번호를 입력해 주세요.', postcode: '우편번호는 다섯 자리 숫자입니다.', income: '원 단위 숫자로 입력해 주세요.', age: '만 19세 이상만 신청할 수 있습니다.', date: '올바른 날짜를 입력해 주세요.', latin: '영문으로만 입력해 주세요.' },
  review: '입력하신 내용', agreements: '동의',
  thanks: { title: '신청서를 잘 받았습니다. 고맙습니다.', body: '영업일 하루 안에 이메일과 문자로 결과를 알려드립니다. 지금 더 하실 일은 없습니다.', what: '앞으로의 절차', steps: ['본인 여부와 소득을 확인합니다.', '한도와 이자율을 포함한 결과를 알려드립니다.', '승인 후 영업일 2~4일 안에 카드가 도착합니다.'], number: '접수 번호', home: '홈으로', help: '신청 후 절차 보기' },
}
