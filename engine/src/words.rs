//! The steps of a decision in plain language: one sentence a step, the same wherever it is told.

use crate::explain::{Line, Step};
#[cfg(feature = "compile")]
use alloc::{format, string::String, string::ToString};

/// Languages that decisions are explained in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// The language of a tag such as `ko-KR`; English for any other.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        if tag == "ko" || tag.starts_with("ko-") { Self::Ko } else { Self::En }
    }
}

/// What happened in a step; `{}` stands for what it was about.
const SENTENCES: &[(Step, &str, &str, &str)] = &[
    (Step::Site, "on", "The site is switched on.", "사이트가 켜져 있습니다."),
    (
        Step::Site,
        "off",
        "The site is switched off, so default content stays.",
        "사이트가 꺼져 있어 기본 콘텐츠가 유지됩니다.",
    ),
    (
        Step::Site,
        "expired",
        "What the page decides by is out of date, so default content stays.",
        "결정 기준의 유효 기간이 지나 기본 콘텐츠가 유지됩니다.",
    ),
    (Step::Consent, "allowed", "The visitor allows personalisation.", "방문자가 개인화를 허용했습니다."),
    (
        Step::Consent,
        "not_allowed",
        "The visitor has not allowed personalisation, so default content stays.",
        "방문자가 개인화를 허용하지 않아 기본 콘텐츠가 유지됩니다.",
    ),
    (Step::Placement, "known", "The placement “{}” is known.", "게재 위치 “{}”이(가) 등록되어 있습니다."),
    (Step::Placement, "unknown", "There is no placement “{}”.", "게재 위치 “{}”이(가) 없습니다."),
    (
        Step::Placement,
        "ask_server",
        "Only the server can decide in “{}”.",
        "“{}”은(는) 서버만 결정할 수 있습니다.",
    ),
    (
        Step::Override,
        "forced",
        "“{}” is previewed, whatever the rules say.",
        "규칙과 관계없이 “{}”을(를) 미리 봅니다.",
    ),
    (Step::Override, "unknown", "There is no offer “{}” to preview.", "미리 볼 오퍼 “{}”이(가) 없습니다."),
    (
        Step::GlobalHoldout,
        "in",
        "The visitor is kept out of all campaigns, to measure what they are worth.",
        "캠페인 전체의 효과 측정을 위해 제외된 방문자입니다.",
    ),
    (
        Step::GlobalHoldout,
        "out",
        "The visitor is not kept out of all campaigns.",
        "전체 홀드아웃에 포함되지 않은 방문자입니다.",
    ),
    (Step::Schedule, "open", "Campaign “{}” runs now.", "캠페인 “{}”이(가) 진행 중입니다."),
    (Step::Schedule, "early", "Campaign “{}” has not begun.", "캠페인 “{}”이(가) 아직 시작되지 않았습니다."),
    (Step::Schedule, "over", "Campaign “{}” is over.", "캠페인 “{}”이(가) 종료되었습니다."),
    (
        Step::Exclusion,
        "in",
        "Of its exclusion group, the visitor takes part in “{}”.",
        "배타 그룹에서 방문자는 “{}”에 참여합니다.",
    ),
    (
        Step::Exclusion,
        "out",
        "Of its exclusion group, the visitor takes part in another campaign than “{}”.",
        "배타 그룹에서 방문자는 “{}”이(가) 아닌 다른 캠페인에 참여합니다.",
    ),
    (
        Step::Audience,
        "true",
        "The visitor belongs to the audience of “{}”.",
        "방문자가 “{}”의 오디언스에 속합니다.",
    ),
    (
        Step::Audience,
        "false",
        "The visitor does not belong to the audience of “{}”.",
        "방문자가 “{}”의 오디언스에 속하지 않습니다.",
    ),
    (
        Step::Audience,
        "unknown",
        "Whether the visitor belongs to the audience of “{}” cannot be told: something it asks about is not known.",
        "필요한 값을 알 수 없어 “{}”의 오디언스인지 판단할 수 없습니다.",
    ),
    (
        Step::Holdout,
        "in",
        "The visitor is kept out of “{}”, to measure what it is worth.",
        "“{}”의 효과 측정을 위해 제외된 방문자입니다.",
    ),
    (
        Step::Holdout,
        "out",
        "The visitor is not kept out of “{}”.",
        "“{}”의 홀드아웃에 포함되지 않은 방문자입니다.",
    ),
    (Step::Variant, "assigned", "The visitor is in the arm “{}”.", "방문자가 변형 “{}”에 배정되었습니다."),
    (
        Step::Variant,
        "dropped",
        "The visitor's arm “{}” was taken out of the test.",
        "방문자의 변형 “{}”이(가) 테스트에서 제외되었습니다.",
    ),
    (
        Step::Eligibility,
        "true",
        "“{}” may be shown to this visitor.",
        "“{}”을(를) 이 방문자에게 보여 줄 수 있습니다.",
    ),
    (Step::Eligibility, "false", "“{}” is not for this visitor.", "“{}”은(는) 이 방문자의 대상이 아닙니다."),
    (
        Step::Eligibility,
        "unknown",
        "Whether “{}” is for this visitor cannot be told: something it asks about is not known.",
        "필요한 값을 알 수 없어 “{}”의 대상인지 판단할 수 없습니다.",
    ),
    (Step::Eligibility, "early", "“{}” is not valid yet.", "“{}”의 유효 기간이 아직 시작되지 않았습니다."),
    (Step::Eligibility, "over", "“{}” is no longer valid.", "“{}”의 유효 기간이 끝났습니다."),
    (Step::Cap, "used_up", "“{}” was shown as often as it may be.", "“{}”의 노출 한도를 모두 사용했습니다."),
    (
        Step::Cap,
        "dismissed",
        "The visitor dismissed “{}” lately and is left in peace.",
        "방문자가 최근 “{}”을(를) 닫아 잠시 보여 주지 않습니다.",
    ),
    (Step::Score, "scored", "“{}” scores {#}.", "“{}”의 점수는 {#}입니다."),
    (
        Step::Arbitration,
        "won",
        "Campaign “{}” wins the placement.",
        "캠페인 “{}”이(가) 게재 위치를 차지합니다.",
    ),
    (
        Step::Arbitration,
        "outranked",
        "Campaign “{}” is outranked by another.",
        "캠페인 “{}”이(가) 다른 캠페인에 밀렸습니다.",
    ),
    (
        Step::Explore,
        "chosen",
        "“{}” was drawn: offers are tried, and the probability of this one was {#}.",
        "오퍼를 시험하는 중이며 “{}”이(가) {#}의 확률로 선택되었습니다.",
    ),
    (Step::Fallback, "", "Default content stays in “{}”.", "“{}”에 기본 콘텐츠가 유지됩니다."),
];

/// What `line` says, with `{}` for what it is about and `{#}` for its score.
#[must_use]
pub fn template(line: &Line, lang: Lang) -> Option<&'static str> {
    let said = |(step, outcome, ..): &&(Step, &str, &str, &str)| {
        *step == line.step && (outcome.is_empty() || *outcome == line.outcome)
    };
    let (_, _, en, ko) = SENTENCES.iter().find(said)?;
    Some(match lang {
        Lang::En => en,
        Lang::Ko => ko,
    })
}

/// What `line` says, in a sentence.
#[cfg(feature = "compile")]
#[must_use]
pub fn sentence(line: &Line, lang: Lang) -> String {
    let Some(text) = template(line, lang) else {
        return format!("{} {}: {}", line.step.code(), line.subject, line.outcome);
    };
    let score = line.score_micros.map(|micros| (micros as f64 / 1e6).to_string()).unwrap_or_default();
    text.replace("{#}", &score).replace("{}", &line.subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: Step, outcome: &'static str, score_micros: Option<i64>) -> Line {
        Line { step, subject: "sky".to_owned(), outcome, score_micros }
    }

    #[test]
    fn steps_read_as_sentences() {
        let scored = line(Step::Score, "scored", Some(1_250_000));
        assert_eq!(sentence(&scored, Lang::En), "“sky” scores 1.25.");
        assert_eq!(sentence(&scored, Lang::of("ko-KR")), "“sky”의 점수는 1.25입니다.");
        let kept = line(Step::Fallback, "capped", None);
        assert_eq!(sentence(&kept, Lang::of("de")), "Default content stays in “sky”.");
    }

    #[test]
    fn no_step_has_two_sentences() {
        for (index, (step, outcome, en, ko)) in SENTENCES.iter().enumerate() {
            assert!(
                !SENTENCES[..index].iter().any(|(s, o, ..)| s == step && o == outcome),
                "{step:?} {outcome}"
            );
            assert_eq!(en.contains("{}"), ko.contains("{}"), "{en}");
        }
    }
}
