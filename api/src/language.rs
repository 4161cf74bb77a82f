//! Which of the two languages a client reads (RFC 9110 section 12.5.4).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use case_ledger::refusal::Language;

/// The language to answer in: Chinese, unless English is wanted more.
pub(crate) fn wanted(headers: &HeaderMap) -> Language {
    let fields = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|field| field.to_str().ok());
    let ranges = fields.flat_map(|field| field.split(',')).filter_map(range);
    let (mut chinese, mut english, mut any) = (None, None, None);
    for (tag, weight) in ranges {
        let slot = match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => &mut chinese,
            "en" => &mut english,
            "*" => &mut any,
            _ => continue,
        };
        *slot = (*slot).max(Some(weight));
    }
    let weight = |slot: Option<u32>| slot.or(any).unwrap_or(0);
    if weight(english) > weight(chinese) { Language::English } else { Language::Chinese }
}

/// A language range and its weight in thousandths. Whatever does not fit the grammar is passed over.
fn range(text: &str) -> Option<(&str, u32)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = match parts.next() {
        None => 1000,
        Some(weight) => {
            thousandths(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?
        }
    };
    Some((tag, weight))
}

fn thousandths(text: &str) -> Option<u32> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if rest.len() > 3 || !plain(rest) || !matches!(whole, "0" | "1") {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let rest: u32 = format!("{rest:0<3}").parse().ok()?;
    Some((whole * 1000 + rest).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_unless_english_is_wanted_more() {
        let table = [
            ("", Language::Chinese),
            ("en", Language::English),
            ("en-GB,en;q=0.9", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en;q=0.8, zh;q=0.9", Language::Chinese),
            ("en;q=0.8, zh;q=0.5", Language::English),
            ("de, *;q=0.5", Language::Chinese),
            ("de, en;q=0.1", Language::English),
            ("en;q=0", Language::Chinese),
            ("en;q=2, ;;;, =, en;q=0.12345", Language::Chinese),
        ];
        for (field, language) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, field.parse().unwrap());
            assert_eq!(wanted(&headers), language, "{field}");
        }
    }
}
