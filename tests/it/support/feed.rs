//! Another site that has a calendar for us, well-behaved or not.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{Days, NaiveDate};
use futures_util::stream;
use tokio::net::TcpListener;

/// What the site answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// This, with status 200.
    Text(String),
    /// This status.
    Status(u16),
    /// A calendar without end.
    Endless,
    /// Something compressed.
    Packed,
    /// A beginning, and then nothing.
    Silent,
    /// Go elsewhere.
    Redirect(String),
}

/// A site that answers every path alike.
pub struct Site {
    /// Where its calendar is.
    pub url: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
}

impl Site {
    /// A site with an empty calendar.
    pub async fn start() -> Self {
        let answer = Arc::new(Mutex::new(Answer::Text(calendar("-//Other//EN", &[]))));
        let asked = Arc::new(AtomicUsize::new(0));
        let (said, counted) = (answer.clone(), asked.clone());
        let router = Router::new().fallback(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = said.lock().unwrap().clone();
            std::future::ready(respond(answer))
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/calendar.ics?s=secret", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, answer, asked }
    }

    /// From now on the site says this.
    pub fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// From now on the calendar has these events, each as its lines.
    pub fn says(&self, events: &[String]) {
        self.answers(Answer::Text(calendar("-//Other//EN", events)));
    }

    /// How often somebody came.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A calendar with these events, each as its lines.
pub fn calendar(program: &str, events: &[String]) -> String {
    let events: String =
        events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{program}\r\n{events}END:VCALENDAR\r\n")
}

/// An event of whole days: so many nights from a date on.
pub fn days(uid: &str, first: NaiveDate, nights: u64, summary: &str) -> String {
    let (from, to) = (first.format("%Y%m%d"), (first + Days::new(nights)).format("%Y%m%d"));
    format!("UID:{uid}\r\nDTSTART;VALUE=DATE:{from}\r\nDTEND;VALUE=DATE:{to}\r\nSUMMARY:{summary}")
}

fn respond(answer: Answer) -> Response {
    let part = "BEGIN:VEVENT\r\nDTSTART:20270301\r\nEND:VEVENT\r\n";
    match answer {
        Answer::Text(text) => ([(header::CONTENT_TYPE, "text/calendar")], text).into_response(),
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Endless => {
            let first = stream::iter(["BEGIN:VCALENDAR\r\n"]);
            let all = futures_util::StreamExt::chain(first, stream::repeat(part));
            Body::from_stream(futures_util::StreamExt::map(all, Ok::<_, Infallible>)).into_response()
        }
        Answer::Packed => ([(header::CONTENT_ENCODING, "gzip")], vec![0x1f_u8, 0x8b, 8, 0]).into_response(),
        Answer::Silent => {
            let first = stream::iter(["BEGIN:VCALENDAR\r\n"]);
            let all = futures_util::StreamExt::chain(first, stream::pending());
            Body::from_stream(futures_util::StreamExt::map(all, Ok::<_, Infallible>)).into_response()
        }
        Answer::Redirect(to) => Redirect::to(&to).into_response(),
    }
}
