//! The courier against real sockets: what it sends, and what it makes of everything that may come
//! back.

mod answers;
mod applyfor;
mod ccpayment;
mod compose;
mod guard;
mod hostile;
mod support;
mod target;
mod tls;
