//! Reads messages, one a line, and prints what the library says of it.

use base64::{engine::general_purpose::STANDARD, Engine};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{json, Value};
use standardwebhooks::Webhook;
use std::io::{self, BufRead};

fn main() {
    for line in io::stdin().lock().lines() {
        let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let body = STANDARD.decode(message["body"].as_str().unwrap()).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in message["headers"].as_object().unwrap() {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.insert(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
        }
        let webhook = Webhook::new(message["secret"].as_str().unwrap()).unwrap();
        println!("{}", json!({ "standardwebhooks": webhook.verify(&body, &headers).is_ok() }));
    }
}
