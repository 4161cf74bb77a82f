use serde_json::{Value, json};

use super::*;
use crate::sample::{Way, Writing, act};

fn case() -> Stream {
    Stream::case("20200420-1").unwrap()
}

/// These orders about the case, one minute after the other.
fn orders(orders: &[(Kind, Value)]) -> Vec<Entry> {
    let way = || Way { stream: Stream::parse("removals").unwrap(), ..Way::usual() };
    let mut writing = Writing::default();
    for (kind, fields) in orders {
        let mut fields = fields.clone();
        fields["target"] = case().to_string().into();
        writing = writing.write(act(*kind, fields), way());
    }
    writing.entries
}

fn fold(entries: &[Entry]) -> Removals {
    entries.iter().fold(Removals::default(), Removals::after)
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

#[test]
fn all_of_it_until_it_is_shown_again() {
    let hidden = orders(&[(Kind::Hidden, json!({ "basis": "privacy" }))]);
    let removals = fold(&hidden);
    let whole = removals.of(&case(), None).whole().unwrap().clone();
    assert_eq!(
        (whole.seq, whole.basis.code(), whole.since),
        (0, "privacy", hidden[0].header.time())
    );
    assert!(removals.of(&Stream::case("2").unwrap(), None).whole().is_none());

    let again = orders(&[
        (Kind::Hidden, json!({ "basis": "privacy" })),
        (Kind::Unhidden, json!({ "basis": "mistake" })),
    ]);
    assert_eq!(fold(&again).of(&case(), None).entry(0), None);
}

#[test]
fn some_entries_and_no_others() {
    let two = json!({ "basis": "privacy", "entries": [3, 4] });
    let removals = fold(&orders(&[
        (Kind::Hidden, two.clone()),
        (Kind::Unhidden, json!({ "basis": "mistake", "entries": [4] })),
    ]));
    let out = removals.of(&case(), None);
    assert!(out.whole().is_none());
    assert_eq!([3, 4, 5].map(|seq| out.entry(seq).is_some()), [true, false, false]);

    // All are hidden and one is shown again: the case is in sight, and of its entries that one.
    let removals = fold(&orders(&[
        (Kind::Hidden, json!({ "basis": "privacy" })),
        (Kind::Unhidden, json!({ "basis": "consent", "entries": [4] })),
    ]));
    let out = removals.of(&case(), None);
    assert!(out.whole().is_none());
    assert_eq!([3, 4].map(|seq| out.entry(seq).is_some()), [true, false]);
}

#[test]
fn some_fields_and_no_others() {
    let removals = fold(&orders(&[(
        Kind::Hidden,
        json!({ "basis": "trade_secret", "entries": [3], "names": ["amount_fen"] }),
    )]));
    let out = removals.of(&case(), None);
    assert!(out.whole().is_none() && out.entry(3).is_none());
    assert!(out.hides_field(3, "amount_fen") && !out.hides_field(3, "basis"));
    assert!(!out.hides_field(4, "amount_fen"));
}

#[test]
fn up_to_its_last_day() {
    let removals =
        fold(&orders(&[(Kind::Hidden, json!({ "basis": "privacy", "until": "2020-05-01" }))]));
    let hidden = |today| removals.of(&case(), today).whole().is_some();
    assert!(hidden(Some(day("2020-05-01"))) && hidden(None));
    assert!(!hidden(Some(day("2020-05-02"))));
}

#[test]
fn a_restriction_is_out_of_sight_too_and_no_kind_lifts_it() {
    let restricted = (Kind::Restricted, json!({ "basis": "storage_only" }));
    let removals = fold(&orders(&[restricted, (Kind::Unhidden, json!({ "basis": "mistake" }))]));
    assert_eq!(
        removals.of(&case(), None).whole().unwrap().basis,
        Basis::Restricted(RemovalBasis::StorageOnly)
    );
    // Of disclosures the public sees none anyway.
    let names = json!({ "basis": "storage_only", "names": ["applicant_name"] });
    assert_eq!(fold(&orders(&[(Kind::Restricted, names)])), Removals::default());
}

#[test]
fn that_it_is_hidden_is_public_and_what_it_is_only_where_that_is() {
    let fields =
        json!({ "basis": "privacy", "entries": [3], "asked_by": "court", "until": "2020-05-01" });
    let entries = orders(&[(Kind::Hidden, fields)]);
    let open = RemovalView::of(&entries[0], true);
    assert_eq!(
        (open.kind, open.basis, open.asked_by),
        (Some("Hidden"), Some("privacy"), Some("court"))
    );
    assert_eq!((open.target.as_deref(), open.entries), (Some("case/20200420-1"), Some(1)));
    let quiet = RemovalView::of(&entries[0], false);
    assert_eq!(quiet, RemovalView { target: None, entries: None, ..open });
}

#[test]
fn every_order_about_a_stream_says_on_what_ground() {
    for kind in [Kind::Restricted, Kind::Erased, Kind::Hidden, Kind::Unhidden] {
        let way = Way { stream: Stream::parse("removals").unwrap(), ..Way::usual() };
        let entries = Writing::default().write(crate::sample::full(kind), way).entries;
        let view = RemovalView::of(&entries[0], true);
        assert!(view.basis.is_some() && view.asked_by.is_some(), "{kind:?}");
        assert!(view.target.is_some(), "{kind:?}");
    }
}
