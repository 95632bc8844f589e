-- What a batch's rows are known by goes by the month, not by the second: a part whose values end one after the other is
-- written anew every four hours for as long as the last has not ended.
ALTER TABLE events MODIFY COLUMN batch TTL
    toStartOfMonth(toDateTime(at, 'UTC') + toIntervalSecond(intDiv(received_after_ms, 1000))) + toIntervalDay(38)
