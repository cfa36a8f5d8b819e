// Threads that compute, format, sort and wait.
use std::collections::{BTreeMap, HashMap};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn count(text: &str) -> HashMap<String, usize> {
    let mut words = HashMap::new();
    for word in text.split_whitespace() {
        *words.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    words
}

fn tree(seed: u64) -> u64 {
    let mut tree = BTreeMap::new();
    let mut value = seed;
    for _ in 0..500 {
        value = value.wrapping_mul(6364136223846793005).wrapping_add(1);
        tree.insert(value, format!("{:?}", (value, value as f64 / 3.0)));
    }
    tree.values().map(|text| text.len() as u64).sum()
}

fn main() {
    let total = Arc::new(Mutex::new(0u64));
    let (sender, receiver) = mpsc::channel::<Vec<String>>();
    let shared = total.clone();
    thread::spawn(move || {
        for seed in 0.. {
            let sum = tree(seed);
            *shared.lock().unwrap() += sum;
        }
    });
    thread::spawn(move || loop {
        let mut words: Vec<String> = (0..400).map(|n: u32| format!("{:x}", n.wrapping_mul(2654435761))).collect();
        words.sort_by(|a, b| b.cmp(a));
        if sender.send(words).is_err() {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(1));
    });
    for words in receiver {
        let words = count(&words.join(" "));
        *total.lock().unwrap() += words.len() as u64;
    }
}
