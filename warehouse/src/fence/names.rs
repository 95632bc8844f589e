//! Functions and types that a statement may use. What is not listed is refused: a list of what is dangerous would be
//! wrong with the next version of the engine.

/// Functions of values: they compute from their arguments, know neither files, tables, settings nor the server, and
/// do not wait.
const FUNCTIONS: &str = "
abs accurateCastOrNull addDays addHours addMinutes addMonths addQuarters addSeconds addWeeks addYears age and array \
arrayAll arrayAvg arrayCompact arrayConcat arrayCount arrayCumSum arrayDifference arrayDistinct arrayElement \
arrayEnumerate arrayExists arrayFill arrayFilter arrayFirst arrayFirstIndex arrayFlatten arrayFold arrayIntersect \
arrayJoin arrayLast arrayLastIndex arrayMap arrayMax arrayMin arrayPopBack arrayPopFront arrayProduct arrayPushBack \
arrayPushFront arrayResize arrayReverse arrayReverseSort arrayRotateLeft arrayShiftLeft arrayShiftRight \
arraySlice arraySort arraySplit arrayStringConcat arraySum arrayUniq arrayWithConstant arrayZip assumeNotNull bar \
base64Decode base64Encode between bitAnd bitCount bitNot bitOr bitShiftLeft bitShiftRight bitTest bitXor ceil ceiling \
char_length character_length cityHash64 coalesce concat concatWithSeparator cos countEqual countSubstrings \
countSubstringsCaseInsensitive cutFragment cutQueryString cutQueryStringAndFragment cutToFirstSignificantSubdomain \
cutURLParameter cutWWW date_diff date_trunc dateDiff dateTrunc dateName decodeURLComponent dense_rank divide domain \
domainWithoutWWW e empty emptyArrayString endsWith equals erf erfc exp exp10 exp2 extract \
extractAll extractURLParameter extractURLParameterNames extractURLParameters first_value flatten floor \
formatDateTime formatReadableQuantity formatReadableTimeDelta fragment fromUnixTimestamp \
fromUnixTimestamp64Milli greater greaterOrEquals greatest has hasAll hasAny hasSubstr hasToken \
hasTokenCaseInsensitive hex if ifNotFinite ifNull ilike in indexOf initcap intDiv intDivOrZero isFinite isInfinite \
isNaN isNotNull isNull JSONExtractBool JSONExtractFloat JSONExtractInt JSONExtractKeys JSONExtractString \
JSONExtractUInt JSONHas JSONLength lag lagInFrame last_value lead leadInFrame least left leftPad length \
lengthUTF8 less lessOrEquals like ln locate log log10 log1p log2 lower lowerUTF8 lpad ltrim map mapApply mapConcat \
mapContains mapContainsKey mapFilter mapFromArrays mapKeys mapValues match minus mod modulo moduloOrZero \
multiIf multiply negate netloc not notEmpty notEquals notIn notLike nth_value ntile nullIf now today yesterday or \
parseDateTime parseDateTimeBestEffort parseDateTimeBestEffortOrNull path pathFull percent_rank pi plus port position \
positionCaseInsensitive positionCaseInsensitiveUTF8 positionUTF8 pow power protocol queryString range rank \
reinterpretAsUInt64 replace replaceAll replaceOne replaceRegexpAll replaceRegexpOne reverse reverseUTF8 right \
rightPad round roundBankers roundDown row_number rpad rtrim sign sin sipHash64 sqrt splitByChar \
splitByNonAlpha splitByRegexp splitByString splitByWhitespace startsWith substr substring \
substringIndex substringUTF8 subtractDays subtractHours subtractMinutes subtractMonths subtractQuarters \
subtractSeconds subtractWeeks subtractYears tan tanh timeSlot timeSlots toBool toDate toDate32 toDateOrNull \
toDateTime toDateTime64 toDateTimeOrNull toDayOfMonth toDayOfWeek toDayOfYear toDecimal64 toFloat32 toFloat64 \
toFloat64OrNull toFloat64OrZero toHour toInt16 toInt32 toInt64 toInt64OrNull toInt64OrZero toInt8 toISOWeek toISOYear \
toLastDayOfMonth toLowCardinality toMinute toMonday toMonth toNullable topLevelDomain toQuarter toRelativeDayNum \
toRelativeHourNum toRelativeMonthNum toRelativeWeekNum toSecond toStartOfDay toStartOfFifteenMinutes \
toStartOfFiveMinutes toStartOfHour toStartOfInterval toStartOfISOYear toStartOfMinute toStartOfMonth toStartOfQuarter \
toStartOfSecond toStartOfTenMinutes toStartOfWeek toStartOfYear toString toTime toTimeZone toTypeName toUInt16 \
toUInt32 toUInt64 toUInt64OrNull toUInt64OrZero toUInt8 toUnixTimestamp toUnixTimestamp64Milli toUUID toUUIDOrNull \
toWeek toYear toYearWeek toYYYYMM toYYYYMMDD transform translate trim trimBoth trimLeft trimRight trunc truncate \
tuple tupleElement upper upperUTF8 widthBucket width_bucket xor";

/// Functions of many rows; each may have combinators behind its name.
const AGGREGATES: &str = "
any anyHeavy anyLast argMax argMin avg avgWeighted boundingRatio corr count covarPop covarSamp deltaSum \
deltaSumTimestamp entropy first_value groupArray groupArrayLast groupArrayMovingAvg groupArrayMovingSum \
groupArraySample groupArraySorted groupBitAnd groupBitOr groupBitXor groupUniqArray kurtPop kurtSamp last_value \
mannWhitneyUTest max maxIntersections median medianExact min quantile quantileExact quantileExactHigh \
quantileExactLow quantileExactWeighted quantileTDigest quantileTiming quantiles quantilesExact quantilesTDigest \
rankCorr retention sequenceCount sequenceMatch simpleLinearRegression skewPop skewSamp stddevPop stddevSamp \
studentTTest sum sumCount sumKahan sumMap topK topKWeighted uniq uniqCombined uniqCombined64 uniqExact uniqHLL12 \
varPop varSamp welchTTest windowFunnel";

/// What may stand behind the name of an aggregate. `State` and `Merge` are not among them: a state carries values.
const COMBINATORS: [&str; 7] = ["If", "Array", "Map", "Distinct", "OrDefault", "OrNull", "ForEach"];

/// Aggregates that tell how many different values there are, and nothing of the values.
const COUNTING: [&str; 5] = ["uniq", "uniqExact", "uniqCombined", "uniqCombined64", "uniqHLL12"];

/// Types that a value may be cast to.
const TYPES: &str = "
Array Bool Date Date32 DateTime DateTime64 Decimal Decimal32 Decimal64 Decimal128 Float32 Float64 Int8 Int16 Int32 \
Int64 Int128 LowCardinality Map Nullable String Tuple UInt8 UInt16 UInt32 UInt64 UInt128 UUID";

/// A function that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// As the engine spells it.
    pub(super) name: String,
    /// Whether identifying columns may be counted by it.
    pub(super) counts: bool,
}

fn listed(list: &'static str, name: &str) -> Option<&'static str> {
    list.split_whitespace().find(|known| known.eq_ignore_ascii_case(name))
}

fn aggregate(name: &str) -> Option<Known> {
    if let Some(known) = listed(AGGREGATES, name) {
        return Some(Known { name: known.to_owned(), counts: COUNTING.contains(&known) });
    }
    let combinator = COMBINATORS.into_iter().find(|combinator| name.ends_with(combinator))?;
    let inner = aggregate(name.strip_suffix(combinator)?)?;
    // What is counted of arrays and maps is not the column itself.
    Some(Known {
        name: inner.name + combinator,
        counts: inner.counts && matches!(combinator, "If" | "OrDefault"),
    })
}

/// The function that a statement calls `name`, in whatever case, if it may be used.
pub(super) fn function(name: &str) -> Option<Known> {
    let plain = || listed(FUNCTIONS, name).map(|known| Known { name: known.to_owned(), counts: false });
    aggregate(name).or_else(plain)
}

/// The type that a statement calls `name`.
pub(super) fn data_type(name: &str) -> Option<&'static str> {
    listed(TYPES, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_or_waits_is_not_listed() {
        let dangerous = "file url s3 remote remoteSecure cluster mysql postgresql sqlite jdbc odbc hdfs executable \
            input numbers zeros generateRandom generateSeries merge dictGet dictGetOrDefault dictHas joinGet \
            joinGetOrNull getSetting hostName hostname FQDN serverUUID version uptime currentUser user \
            currentDatabase database currentRoles getMacro getServerPort tcpPort displayName shardNum sleep \
            sleepEachRow addressToLine addressToSymbol demangle hasColumnInTable catboostEvaluate modelEvaluate \
            filesystemAvailable filesystemCapacity throwIf initializeAggregation finalizeAggregation runningAccumulate \
            rowNumberInAllBlocks blockNumber getOSKernelVersion buildId encrypt decrypt tid logTrace showCertificate \
            structureToProtobufSchema lowCardinalityIndices transactionID readWKTPoint icebergS3 view loop \
            fuzzJSON values azureBlobStorage gcs mongodb redis deltaLake hudi arrowFlight ytsaurus mergeTreeIndex \
            dictionary timeSeriesData naiveBayesClassifier randomString rand rand64 generateUUIDv4 columns \
            formatQuery getSubcolumn identity ignore materialize isConstant currentSchemas defaultRoles";
        for name in dangerous.split_whitespace() {
            assert_eq!(function(name), None, "{name}");
            assert_eq!(function(&format!("{name}If")), None, "{name}If");
        }
        for name in
            ["uniqState", "uniqMerge", "sumMergeState", "groupArrayState", "countSimpleState", "State", ""]
        {
            assert_eq!(function(name), None, "{name}");
        }
    }

    #[test]
    fn names_are_spelt_as_the_engine_spells_them() {
        assert_eq!(function("COUNT").unwrap().name, "count");
        assert_eq!(function("todate").unwrap().name, "toDate");
        let counted = Known { name: "uniqExactIf".to_owned(), counts: true };
        assert_eq!(function("uniqExactIf"), Some(counted));
        assert!(!function("groupUniqArrayIf").unwrap().counts);
        assert!(!function("uniqMap").unwrap().counts);
        assert_eq!(function("sumOrNullIf").unwrap().name, "sumOrNullIf");
        assert_eq!(data_type("datetime64"), Some("DateTime64"));
        assert_eq!(data_type("AggregateFunction"), None);
    }
}
