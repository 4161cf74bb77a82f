//! Bundle (一件事、联合办理): several cases in several offices that are one thing to the applicant.

use crate::codes::{ItemCode, OfficeCode};
use crate::field::Confirmation;
use crate::hash::Blake3Hash;
use crate::kinds::intake::Channel;
use crate::kinds::registry::Limit;
use crate::names::{Stream, Token};
use crate::time::Day;

payload! {
    /// 一件事立项 (许可法 26, 42(2)): one thing, many cases, one lead and one limit. It is as slow as its slowest
    /// member; a case that is filed later names the bundle itself.
    BundleOpened {
        required {
            /// The cases.
            members: Vec<Stream>,
            /// 牵头单位.
            office: OfficeCode,
        }
        optional {
            /// 事项实施编码 of the bundle's own guide.
            item: ItemCode,
            /// Version of that guide.
            item_version: u32,
            /// The limit for all of it.
            limit: Limit,
            /// The day by which all is promised.
            promised_by: Day,
            /// A random id of the applicant, mapped to the person only in the vault.
            applicant: Token,
            /// 投资项目编号.
            project: Token,
            /// How it came in.
            channel: Channel,
            /// BLAKE3 of the joint form.
            digest: Blake3Hash,
            /// The applicant's own key; what it signs later is citizen-signed.
            cnf: Confirmation,
        }
        text { title, note }
    }
}
