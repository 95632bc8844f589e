//! What is taken out of a text and what stays, case by case.

use attune_redact::{redact, redact_url};

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(redact(text).0, expected, "of {text}");
}

#[track_caller]
fn stays(text: &str) {
    check(text, text);
    assert!(redact(text).1.is_empty());
}

#[test]
fn cards() {
    for number in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "４１１１ １１１１ １１１１ １１１１",
        "4111　1111－1111‐1111",
        "378282246310005",
        "3782 822463 10005",
        "30569309025904",
        "3530111333300000",
        "6011000990139424",
        "6200000000000005",
        "2223003122003222",
        "4 111 1 1111 11111 11",
        "4222222222222",
    ] {
        check(number, "[card]");
        check(&format!("카드번호는 {number}입니다."), "카드번호는 [card]입니다.");
    }
    check("4111 1111 1111 1111 12/26 123", "[card] 12/26 123");
    check("4111-1111-1111-1111-123", "[card]-123");
    check("+4111+1111+1111+1111", "+[card]");
    stays("4111 1111 1111 1112");
    stays("1111111111111117");
    stays("a4111111111111111");
    stays("4111111111111111a");
    stays("0.5105105105105100");
    stays("7f4111-4111111111111111-9");
}

#[test]
fn numbers_of_states() {
    check("900101-1234568", "[national_id]");
    check(
        "900101-1234560 (no check digit since October 2020)",
        "[national_id] (no check digit since October 2020)",
    );
    check("주민번호 9001011234568", "주민번호 [national_id]");
    check("251231 3456789", "[national_id]");
    stays("9001011234560");
    stays("901301-1234567");
    stays("900101-9234567");
    check("1234-5678-9018", "[national_id]");
    check("マイナンバー：１２３４５６７８９０１８", "マイナンバー：[national_id]");
    stays("order 123456789018");
    stays("1234-5678-9019");
    check("11010519491231002X", "[national_id]");
    check("id 110105 19491231 002x.", "id [national_id].");
    stays("110105194912310021");
    stays("11010519491231002Xa");
}

#[test]
fn accounts() {
    check("DE89 3704 0044 0532 0130 00 and", "[account] and");
    check("de89370400440532013000", "[account]");
    check("GB29-NWBK-6016-1331-9268-19.", "[account].");
    check("BE68 5390 0754 7034 in", "[account] in");
    check("MT84MALT011000012345MTLCAST001S", "[account]");
    stays("DE89370400440532013001");
    stays("XDE89370400440532013000");
    stays("DE893704004405320130001");
    check("신한은행 110-123-456789로 보내주세요", "신한은행 [account]로 보내주세요");
    check("계좌번호: 3333-01-1234567", "계좌번호: [account]");
    check("110-123-456789 (국민은행)", "[account] (국민은행)");
    stays("110-123-456789");
}

#[test]
fn phones() {
    for number in [
        "010-1234-5678",
        "01012345678",
        "010 1234 5678",
        "010.1234.5678",
        "０１０－１２３４－５６７８",
        "011-234-5678",
        "070-1234-5678",
        "090-1234-5678",
        "02-123-4567",
        "031-123-4567",
        "(031) 123-4567",
        "0507-1234-5678",
        "0422-12-3456",
        "138 1234 5678",
    ] {
        let expected = if number.starts_with('(') { "([phone]" } else { "[phone]" };
        check(number, expected);
        check(&format!("전화 {number}번"), &format!("전화 {expected}번"));
    }
    check("+82 10-1234-5678", "+[phone]");
    check("+82 (0)10 1234 5678", "+[phone]");
    check("+14155552671,+442071838750", "+[phone],+[phone]");
    check("010-1234-5678 010-2222-3333", "[phone] [phone]");
    stays("1588-1234");
    stays("13812345678");
    stays("+12345678");
    stays("01-01-2024");
    stays("x01012345678");
}

#[test]
fn mail() {
    check("kim@bank.example", "[email]");
    check("mailto:kim.lee+tag@mail.bank.co.kr?subject=x", "mailto:[email]?subject=x");
    check("메일은kim@bank.kr입니다", "메일은[email]입니다");
    check("홍길동@bank.kr", "[email]");
    check("kim＠bank．example", "[email]");
    check("<a@bb.cc>,d@ee.ff", "<[email]>,[email]");
    stays("@kim");
    stays("root@localhost");
    stays("react@18.2.0");
    stays("logo@2x.png");
    stays("a @ b.cc");
}

#[test]
fn secrets() {
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbU";
    check(&format!("Bearer {JWT}!"), "Bearer [token]!");
    check(
        "/login?access_token=abc&next=1#id_token=def",
        "/login?access_token=[token]&next=1#id_token=[token]",
    );
    check("/a;jsessionid=0A1B?x=1", "/a;jsessionid=[token]?x=1");
    check("?code=4/0AX4XfWh-kLmNoPqRs", "?code=[token]");
    check("access_token=abc", "access_token=[token]");
    stays("?code=KR&zip_code=12345");
    stays("?pinned=1&author=kim&token=");
    stays("eyJhb.c");
}

#[test]
fn addresses() {
    for (url, expected) in [
        ("https://bank.kr/a?q=010-1234-5678&b=1", "https://bank.kr/a?q=[phone]&b=1"),
        ("https://bank.kr/?m=kim%40bank.kr", "https://bank.kr/?m=[email]"),
        ("https://bank.kr/?q=my+card+4111+1111+1111+1111", "https://bank.kr/?q=my+card+[card]"),
        ("https://bank.kr/?q=my%20card%204111%201111%201111%201111", "https://bank.kr/?q=my%20card%20[card]"),
        ("https://bank.kr/?tel=%2B82%2010%201234%205678", "https://bank.kr/?tel=+[phone]"),
        ("https://bank.kr/u/kim%40bank.kr/x", "https://bank.kr/u/[email]/x"),
        (
            "https://a.kr/?to=https%3A%2F%2Fb.kr%2F%3Ftoken%3Dabc%26x%3D1",
            "https://a.kr/?to=https://b.kr/%3Ftoken%3D[token]%26x%3D1",
        ),
        ("https://kim:pw@bank.kr:8443/a", "https://bank.kr:8443/a"),
        ("https://kim@bank.kr", "https://bank.kr"),
        ("https://010-1234-5678.kr/x", "https://010-1234-5678.kr/x"),
        ("mailto:kim@bank.kr", "mailto:[email]"),
        ("/u/kim@bank.kr", "/u/[email]"),
        (
            "https://bank.kr/?q=%EC%8B%A0%ED%95%9C%EC%9D%80%ED%96%89+110-123-456789",
            "https://bank.kr/?q=신한은행+[account]",
        ),
        ("https://bank.kr/?q=%C7%D1+010-1234-5678", "https://bank.kr/?q=%C7%D1+[phone]"),
        ("https://bank.kr/?a=%2525252525", "https://bank.kr/?a=%2525252525"),
    ] {
        assert_eq!(redact_url(url).0, expected, "of {url}");
    }
}

#[test]
fn what_only_looks_like_it_stays() {
    for text in [
        "",
        "2024-01-05 12:30:45.123",
        "20240105123045123",
        "1700000000000",
        "1710310000000",
        "1700000000000000",
        "550e8400-e29b-41d4-a716-446655440000",
        "d41d8cd98f00b204e9800998ecf8427e",
        "9780306406157 4901234567894",
        "8801115114563",
        "efcbeb5f-0607-6582-0494-e14c42f04bc9",
        "94170531-8871-7158-d8f7-e47a5262c5ba",
        "price 1,234,567.89 and 12 000 000",
        "192.168.100.200:8080",
        "37.566535, 126.977969",
        "ORD20240105-0000123",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0",
        "한도 300만원, 연회비 12,000원",
        "123 456 789",
        "[card] [email] token=[token]",
        "100% sure, 50%40",
    ] {
        stays(text);
        assert!(matches!(redact(text).0, std::borrow::Cow::Borrowed(_)));
    }
}
