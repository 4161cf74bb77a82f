//! Codes of the Chinese administration, parsed and checked: offices, regions, service items.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 统一社会信用代码 (GB 32100-2015): the 18 characters that name an organisation.
///
/// 1 registration authority, 1 category, 6 division (GB/T 2260), 9 organisation code with its own check
/// character (GB 11714), 1 check character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OfficeCode([u8; 18]);

/// GB 32100-2015 leaves out I, O, S, V and Z, which look like digits or each other.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl OfficeCode {
    /// Reads 18 characters whose two check characters are right.
    ///
    /// # Errors
    /// Which part is wrong.
    pub fn parse(text: &str) -> Result<Self, CodeFault> {
        let bytes: [u8; 18] = text.as_bytes().try_into().map_err(|_| CodeFault::Length)?;
        let (body, check) = bytes.split_last_chunk::<1>().ok_or(CodeFault::Length)?;
        if !body.iter().all(|byte| ALPHABET.contains(byte)) {
            return Err(CodeFault::Character);
        }
        RegionCode::check(bytes.get(2..8).ok_or(CodeFault::Length)?)?;
        let (organisation, organisation_check) =
            body.split_last_chunk::<1>().ok_or(CodeFault::Length)?;
        let organisation = organisation.last_chunk::<8>().ok_or(CodeFault::Length)?;
        if organisation_check_character(*organisation) != Some(organisation_check[0]) {
            return Err(CodeFault::OrganisationCheck);
        }
        if office_check_character(body) != Some(check[0]) {
            return Err(CodeFault::Check);
        }
        Ok(Self(bytes))
    }

    /// Completes `authority`, `division` and eight characters of organisation code with both check characters:
    /// how invented offices for demonstrations get a code that parses.
    pub fn complete(prefix: &str, division: &str, organisation: &str) -> Option<Self> {
        let organisation_check =
            organisation_check_character(organisation.as_bytes().try_into().ok()?)?;
        let mut text =
            format!("{prefix}{division}{organisation}{}", char::from(organisation_check));
        text.push(char::from(office_check_character(text.as_bytes())?));
        Self::parse(&text).ok()
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        // The constructor admits ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for OfficeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn value_of(byte: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == byte)
}

/// GB 32100-2015: weights 3^i mod 31, the sum and the check value add up to a multiple of 31.
fn office_check_character(body: &[u8]) -> Option<u8> {
    let mut weight = 1;
    let mut sum = 0;
    for byte in body {
        sum += value_of(*byte)? * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET.get((31 - sum % 31) % 31).copied()
}

/// GB 11714: weights 3, 7, 9, 10, 5, 8, 4, 2; values 0–9 and A = 10 to Z = 35; 10 is written X and 11 is 0.
fn organisation_check_character(organisation: [u8; 8]) -> Option<u8> {
    let weights = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    for (byte, weight) in organisation.iter().zip(weights) {
        let value = char::from(*byte).to_digit(36).filter(|_| !byte.is_ascii_lowercase())?;
        sum += value * weight;
    }
    match 11 - sum % 11 {
        10 => Some(b'X'),
        11 => Some(b'0'),
        digit => u8::try_from(digit).ok().map(|digit| b'0' + digit),
    }
}

/// 行政区划代码 (GB/T 2260): six digits, or nine with the township (NBS).
///
/// The list of divisions in force changes every year, so only the structure is checked:
/// two digits each for province, prefecture and county, and nothing below a level that is `00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RegionCode {
    digits: [u8; 9],
    length: u8,
}

impl RegionCode {
    /// Reads six or nine digits.
    ///
    /// # Errors
    /// Which part is wrong.
    pub fn parse(text: &str) -> Result<Self, CodeFault> {
        let bytes = text.as_bytes();
        Self::check(bytes)?;
        let mut digits = [b'0'; 9];
        for (place, byte) in digits.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Ok(Self { digits, length: if bytes.len() == 6 { 6 } else { 9 } })
    }

    fn check(bytes: &[u8]) -> Result<(), CodeFault> {
        if bytes.len() != 6 && bytes.len() != 9 {
            return Err(CodeFault::Length);
        }
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(CodeFault::Character);
        }
        let [province, _, prefecture_tens, prefecture, county_tens, county, township @ ..] = bytes
        else {
            return Err(CodeFault::Length);
        };
        let no_prefecture = (*prefecture_tens, *prefecture) == (b'0', b'0');
        let no_county = (*county_tens, *county) == (b'0', b'0');
        let orphan = (no_prefecture && !no_county)
            || (no_county && township.iter().any(|digit| *digit != b'0'));
        // A county and its township 000 would be two texts for one place.
        let no_township = township == b"000";
        if *province == b'0' || orphan || no_township { Err(CodeFault::Region) } else { Ok(()) }
    }

    /// The digits as written.
    pub fn as_str(&self) -> &str {
        let written = self.digits.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }

    /// Whether `other` is this division or lies inside it.
    pub fn covers(&self, other: &Self) -> bool {
        let levels = [0..2, 2..4, 4..6, 6..9];
        let significant = levels
            .into_iter()
            .rev()
            .find(|level| {
                self.digits
                    .get(level.clone())
                    .is_some_and(|digits| digits.iter().any(|digit| *digit != b'0'))
            })
            .map_or(0, |level| level.end);
        self.digits.get(..significant) == other.digits.get(..significant)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// 实施编码: the 31 characters that name a service item as one body offers it.
///
/// 18 统一社会信用代码 + 1 行使层级 (GB/T 39046 A.2) + 12 基本编码, of which characters 3 and 4 are the item type (A.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemCode([u8; 31]);

impl ItemCode {
    /// Reads 31 characters with a right office code, a level from 1 to 7 and a known item type.
    ///
    /// # Errors
    /// Which part is wrong.
    pub fn parse(text: &str) -> Result<Self, CodeFault> {
        let bytes: [u8; 31] = text.as_bytes().try_into().map_err(|_| CodeFault::Length)?;
        let office = text.get(..18).ok_or(CodeFault::Character)?;
        OfficeCode::parse(office)?;
        let [
            ..,
            level,
            scope_a,
            scope_b,
            type_a,
            type_b,
            department_a,
            department_b,
            m1,
            m2,
            m3,
            s1,
            s2,
            s3,
        ] = bytes;
        if !(b'1'..=b'7').contains(&level) {
            return Err(CodeFault::Level);
        }
        let digits = [scope_a, scope_b, department_a, department_b, m1, m2, m3, s1, s2];
        let sub_item_end = s3.is_ascii_digit() || s3 == b'Y';
        if !digits.iter().all(u8::is_ascii_digit) || !sub_item_end {
            return Err(CodeFault::Character);
        }
        // A.1: 00 to 10 administrative powers, 11 and up an extension of them, 20 public services, 21 and up theirs.
        // The codes seen in use for public services put the type elsewhere (`442199806003`), so any two digits pass
        // that A.1 leaves open for extension; only what is no number is no type.
        if !type_a.is_ascii_digit() || !type_b.is_ascii_digit() {
            return Err(CodeFault::ItemType);
        }
        Ok(Self(bytes))
    }

    /// The 31 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The office that offers the item.
    pub fn office(&self) -> OfficeCode {
        let mut code = [0; 18];
        for (place, byte) in code.iter_mut().zip(self.0) {
            *place = byte;
        }
        OfficeCode(code)
    }
}

impl fmt::Display for ItemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFault {
    /// Too short or too long.
    Length,
    /// A character that this place of the code cannot hold.
    Character,
    /// The division part has no such structure.
    Region,
    /// The organisation code's check character (GB 11714).
    OrganisationCheck,
    /// The last check character (GB 32100).
    Check,
    /// 行使层级 is not 1 to 7.
    Level,
    /// 事项类型 is not a type.
    ItemType,
}

impl fmt::Display for CodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "wrong length",
            Self::Character => "a character that cannot stand there",
            Self::Region => "no administrative division is written like this (GB/T 2260)",
            Self::OrganisationCheck => {
                "the organisation code's check character is wrong (GB 11714)"
            }
            Self::Check => "the last check character is wrong (GB 32100-2015)",
            Self::Level => "the level must be 1 to 7 (GB/T 39046 A.2)",
            Self::ItemType => "the item type must be two digits (GB/T 39046 A.1)",
        })
    }
}

/// Whether a text has the form of a 公民身份号码 (GB 11643-1999) or a mainland mobile number.
///
/// Such a thing in a field that takes only codes is a person, not a code. The check digit is not looked at:
/// a mistyped identity number still points at somebody.
pub fn looks_personal(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), all_digits) = (bytes.first(), bytes.iter().all(u8::is_ascii_digit)) else {
        return false;
    };
    match bytes.len() {
        11 => {
            all_digits
                && *first == b'1'
                && bytes.get(1).is_some_and(|second| (b'3'..=b'9').contains(second))
        }
        18 => {
            let (number, check) = bytes.split_at(17);
            let year = text.get(6..10).and_then(|year| year.parse::<u16>().ok());
            let month = text.get(10..12).and_then(|month| month.parse::<u8>().ok());
            let day = text.get(12..14).and_then(|day| day.parse::<u8>().ok());
            number.iter().all(u8::is_ascii_digit)
                && matches!(check, [b'0'..=b'9' | b'X' | b'x'])
                && year.is_some_and(|year| (1850..2150).contains(&year))
                && month.is_some_and(|month| (1..=12).contains(&month))
                && day.is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_office_codes_pass_and_every_changed_character_fails() {
        for code in ["11440232MB2D06811W", "12441500196720244T"] {
            assert_eq!(OfficeCode::parse(code).unwrap().as_str(), code);
            for place in 0..18 {
                for replacement in "0123456789ABCDEFGHJKLMNPQRTUWXYIOSVZ".chars() {
                    let mut changed: Vec<char> = code.chars().collect();
                    if changed[place] == replacement {
                        continue;
                    }
                    changed[place] = replacement;
                    let changed: String = changed.into_iter().collect();
                    assert!(OfficeCode::parse(&changed).is_err(), "{changed}");
                }
            }
        }
        for text in [
            "",
            "11440232MB2D06811",
            "11440232MB2D06811WW",
            "11440232mb2d06811w",
            "1144０232MB2D0681",
        ] {
            assert!(OfficeCode::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn regions_nest() {
        let region = |text| RegionCode::parse(text).unwrap();
        let (province, city, district, street) =
            (region("230000"), region("230100"), region("230102"), region("230102001"));
        assert!(province.covers(&city) && city.covers(&district) && district.covers(&street));
        assert!(city.covers(&city) && !district.covers(&city) && !region("230103").covers(&street));
        for text in [
            "",
            "23010",
            "2301020",
            "030102",
            "230001",
            "230100001",
            "230102000",
            "23010x",
            "2301020011",
        ] {
            assert!(RegionCode::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn item_codes_name_their_office() {
        for code in [
            "11440232MB2D06811W4000117051000",
            "12441500196720244T3442199806003",
            "11440232MB2D06811W400011705100Y",
        ] {
            let item = ItemCode::parse(code).unwrap();
            assert_eq!(item.as_str(), code);
            assert_eq!(item.office().as_str(), &code[..18]);
        }
        let refused = [
            ("11440232MB2D06811W400011705100", CodeFault::Length),
            ("11440232MB2D06811W0000117051000", CodeFault::Level),
            ("11440232MB2D06811W8000117051000", CodeFault::Level),
            ("11440232MB2D06811X4000117051000", CodeFault::Check),
            ("11440232MB2D06811W400Y117051000", CodeFault::ItemType),
            ("11440232MB2D06811W40001170510Y0", CodeFault::Character),
        ];
        for (code, fault) in refused {
            assert_eq!(ItemCode::parse(code), Err(fault), "{code}");
        }
    }

    #[test]
    fn persons_are_noticed() {
        for text in ["11010519491231002X", "999999199002300000", "13800000000"] {
            assert!(looks_personal(text), "{text}");
        }
        for text in [
            "11440232MB2D06811W",
            "12800000000",
            "1101051949123100",
            "111111111111111111",
            "case-1",
            "",
        ] {
            assert!(!looks_personal(text), "{text}");
        }
    }

    #[test]
    fn invented_offices_can_be_completed() {
        let code = OfficeCode::complete("11", "990100", "MB000001").unwrap();
        assert_eq!(OfficeCode::parse(code.as_str()), Ok(code));
    }
}
