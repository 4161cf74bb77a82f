//! Answers that their reader has not taken yet: a line of pieces, bounded in bytes.
//!
//! Bounded in bytes and not in pieces, so that it can be promised how much may be asked before anything is read, however the
//! answers happen to be cut.

use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt as _};

/// The end at which answers are written.
pub(crate) struct Unread {
    pieces: mpsc::UnboundedSender<(Bytes, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    bytes_max: usize,
}

/// Nobody reads any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// A line in which `bytes_max` bytes may wait, or one longer piece alone.
pub(crate) fn unread(bytes_max: usize) -> (Unread, impl Stream<Item = Bytes>) {
    let (pieces, taken) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(bytes_max));
    // A piece makes room for others when it is handed out.
    let taken = UnboundedReceiverStream::new(taken).map(|(piece, _room)| piece);
    (Unread { pieces, room, bytes_max }, taken)
}

impl Unread {
    /// Puts a piece at the end of the line, once there is room.
    pub(crate) async fn send(&self, piece: Bytes) -> Result<(), Gone> {
        let wanted = u32::try_from(piece.len().min(self.bytes_max)).unwrap_or(u32::MAX);
        let room = tokio::select! {
            room = self.room.clone().acquire_many_owned(wanted) => room.map_err(|_| Gone)?,
            () = self.pieces.closed() => return Err(Gone),
        };
        self.pieces.send((piece, room)).map_err(|_| Gone)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn however_it_is_cut_so_much_may_wait_and_no_more() {
        for length in [1, 10, 250] {
            let (unread, taken) = unread(1000);
            let mut taken = pin!(taken);
            let piece = Bytes::from(vec![b'x'; length]);
            for _ in 0..1000 / length {
                assert_eq!(poll(pin!(unread.send(piece.clone()))), Poll::Ready(Ok(())));
            }
            let mut next = pin!(unread.send(piece.clone()));
            assert_eq!(poll(next.as_mut()), Poll::Pending);
            assert_eq!(poll(pin!(taken.next())), Poll::Ready(Some(piece)));
            assert_eq!(poll(next), Poll::Ready(Ok(())));
        }
    }

    #[test]
    fn whoever_waits_for_a_reader_that_goes_is_told() {
        let (unread, taken) = unread(10);
        let long = Bytes::from(vec![b'x'; 100]);
        assert_eq!(poll(pin!(unread.send(long.clone()))), Poll::Ready(Ok(())));
        let mut next = pin!(unread.send(long));
        assert_eq!(poll(next.as_mut()), Poll::Pending);
        drop(taken);
        assert_eq!(poll(next), Poll::Ready(Err(Gone)));
    }
}
