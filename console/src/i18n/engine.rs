//! Words of the engine: reasons, steps and outcomes of a decision.

use super::Message;
use attune_engine::Reason;
use attune_engine::explain::Step;

super::messages! {
    REASON_FALLBACK: "No campaign here", "해당 캠페인 없음";
    REASON_NOT_ELIGIBLE: "Not eligible", "조건에 맞지 않음";
    REASON_CAPPED: "Capped", "노출 제한";
    REASON_PAUSED: "Site is off", "사이트 꺼짐";
    REASON_NO_CONSENT: "No consent", "동의 없음";
    REASON_UNKNOWN_PLACEMENT: "Unknown placement", "알 수 없는 위치";
    REASON_HOLDOUT: "Holdout", "홀드아웃";
    REASON_CONTROL: "Control arm", "대조군";
    REASON_OVERRIDE: "Preview", "미리 보기";
    REASON_MATCHED: "Matched", "일치";
    REASON_RANKED: "Ranked first", "순위 1위";
    REASON_SPLIT: "Chosen in a test", "테스트에서 선택";

    STEP_SITE: "Site", "사이트";
    STEP_CONSENT: "Consent", "동의";
    STEP_PLACEMENT: "Placement", "게재 위치";
    STEP_OVERRIDE: "Preview", "미리 보기";
    STEP_GLOBAL_HOLDOUT: "Global holdout", "전체 홀드아웃";
    STEP_SCHEDULE: "Schedule", "일정";
    STEP_EXCLUSION: "Exclusion group", "배타 그룹";
    STEP_AUDIENCE: "Audience", "오디언스";
    STEP_HOLDOUT: "Holdout", "홀드아웃";
    STEP_VARIANT: "Variant", "변형";
    STEP_ELIGIBILITY: "Eligibility", "자격";
    STEP_CAP: "Cap", "노출 제한";
    STEP_SCORE: "Score", "점수";
    STEP_ARBITRATION: "Arbitration", "경합";
    STEP_EXPLORE: "Trying", "탐색";
    STEP_FALLBACK: "Default content", "기본 콘텐츠";

    OUT_ON: "on", "켜짐";
    OUT_OFF: "off", "꺼짐";
    OUT_ALLOWED: "allowed", "허용됨";
    OUT_NOT_ALLOWED: "not allowed", "허용되지 않음";
    OUT_KNOWN: "known", "알려짐";
    OUT_UNKNOWN: "unknown", "알 수 없음";
    OUT_UNDECIDED: "undecided: something it asks about is not known", "판단 불가: 필요한 값을 알 수 없음";
    OUT_FORCED: "forced", "강제";
    OUT_IN: "in", "포함";
    OUT_OUT: "not in", "포함되지 않음";
    OUT_OPEN: "open", "진행 중";
    OUT_EARLY: "not started", "시작 전";
    OUT_OVER: "over", "종료";
    OUT_TRUE: "holds", "참";
    OUT_FALSE: "does not hold", "거짓";
    OUT_ASSIGNED: "assigned", "배정됨";
    OUT_DROPPED: "dropped", "제외됨";
    OUT_DISMISSED: "dismissed lately", "최근 닫음";
    OUT_USED_UP: "used up", "소진";
    OUT_SCORED: "scored", "점수";
    OUT_OUTRANKED: "outranked", "밀림";
    OUT_WON: "won", "선택됨";
}

const REASONS: [(Reason, Message); 12] = [
    (Reason::Fallback, REASON_FALLBACK),
    (Reason::NotEligible, REASON_NOT_ELIGIBLE),
    (Reason::Capped, REASON_CAPPED),
    (Reason::Paused, REASON_PAUSED),
    (Reason::NoConsent, REASON_NO_CONSENT),
    (Reason::UnknownPlacement, REASON_UNKNOWN_PLACEMENT),
    (Reason::Holdout, REASON_HOLDOUT),
    (Reason::Control, REASON_CONTROL),
    (Reason::Override, REASON_OVERRIDE),
    (Reason::Matched, REASON_MATCHED),
    (Reason::Ranked, REASON_RANKED),
    (Reason::Split, REASON_SPLIT),
];

/// Why a decision came out as it did.
#[must_use]
pub fn reason(reason: Reason) -> Message {
    REASONS.iter().find(|(known, _)| *known == reason).map_or(REASON_FALLBACK, |(_, message)| *message)
}

/// A step of a decision.
#[must_use]
pub const fn step(step: Step) -> Message {
    match step {
        Step::Site => STEP_SITE,
        Step::Consent => STEP_CONSENT,
        Step::Placement => STEP_PLACEMENT,
        Step::Override => STEP_OVERRIDE,
        Step::GlobalHoldout => STEP_GLOBAL_HOLDOUT,
        Step::Schedule => STEP_SCHEDULE,
        Step::Exclusion => STEP_EXCLUSION,
        Step::Audience => STEP_AUDIENCE,
        Step::Holdout => STEP_HOLDOUT,
        Step::Variant => STEP_VARIANT,
        Step::Eligibility => STEP_ELIGIBILITY,
        Step::Cap => STEP_CAP,
        Step::Score => STEP_SCORE,
        Step::Arbitration => STEP_ARBITRATION,
        Step::Explore => STEP_EXPLORE,
        Step::Fallback => STEP_FALLBACK,
    }
}

/// The outcome of a step, or the reason of a fallback; nothing for a word that has no message.
#[must_use]
pub fn outcome(word: &str) -> Option<Message> {
    let message = match word {
        "on" => OUT_ON,
        "off" => OUT_OFF,
        "allowed" => OUT_ALLOWED,
        "not_allowed" => OUT_NOT_ALLOWED,
        "known" => OUT_KNOWN,
        "unknown" => OUT_UNKNOWN,
        "forced" => OUT_FORCED,
        "in" => OUT_IN,
        "out" => OUT_OUT,
        "open" => OUT_OPEN,
        "early" => OUT_EARLY,
        "over" => OUT_OVER,
        "true" => OUT_TRUE,
        "false" => OUT_FALSE,
        "assigned" => OUT_ASSIGNED,
        "dropped" => OUT_DROPPED,
        "dismissed" => OUT_DISMISSED,
        "used_up" => OUT_USED_UP,
        "scored" => OUT_SCORED,
        "outranked" => OUT_OUTRANKED,
        "won" => OUT_WON,
        other => {
            return REASONS.iter().find(|(reason, _)| reason.code() == other).map(|(_, message)| *message);
        }
    };
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words_of_its_own() {
        for (known, message) in REASONS {
            assert_eq!(reason(known), message);
            assert!(outcome(known.code()).is_some());
        }
    }
}
