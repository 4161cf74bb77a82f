//! Before a case (预约、提前服务): what happens between a visitor and an office before anything is applied for.

use crate::codes::{ItemCode, OfficeCode};
use crate::field::Confirmation;
use crate::hash::Blake3Hash;
use crate::kinds::intake::{Channel, Material};
use crate::names::{Stream, Token};
use crate::time::{Day, Micros};

payload! {
    /// 预约: a time at a window is booked.
    AppointmentBooked {
        required {
            /// The office to be visited.
            office: OfficeCode,
        }
        optional {
            /// 事项实施编码.
            item: ItemCode,
            /// A random id of the visitor, mapped to the person only in the vault.
            visitor: Token,
            /// The day booked.
            day: Day,
            /// First instant of the time booked.
            slot_from: Micros,
            /// Last instant of the time booked.
            slot_to: Micros,
            /// 窗口号.
            window: Token,
            /// How it was booked.
            channel: Channel,
            /// The visitor's own key; what it signs later is citizen-signed.
            cnf: Confirmation,
        }
        personal { visitor_name, visitor_id, phone }
        text { note }
    }
}

payload! {
    /// 赴约: the visitor came. That nobody came is seen from the absence of this entry.
    AppointmentKept {
        optional {
            /// When the visitor took a number.
            arrived_at: Micros,
            /// When the number was called.
            called_at: Micros,
            /// When the visitor left the window.
            ended_at: Micros,
            /// 窗口号.
            window: Token,
            /// The case that came of it.
            case: Stream,
        }
        text { note }
    }
}

payload! {
    /// 提前服务、业务指导: advice before the application, by the published guide (在线规定 6). It starts no clock.
    AdviceGiven {
        required {
            /// The office that gave it.
            office: OfficeCode,
        }
        optional {
            /// 事项实施编码.
            item: ItemCode,
            /// Version of the item's guide that the advice followed.
            item_version: u32,
            /// 投资项目编号.
            project: Token,
            /// How it was given.
            channel: Channel,
            /// What was looked at.
            materials: Vec<Material>,
            /// Codes of the materials that the visitor still needs.
            lacking: Vec<Token>,
            /// 一次性告知单: BLAKE3 of what was handed out.
            digest: Blake3Hash,
            /// The case that came of it.
            case: Stream,
        }
        text { question, advice }
    }
}
