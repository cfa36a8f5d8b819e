// Generic, trait-object and closure calls in Rust, linked with LLD: main, run_service, a closure,
// Dispatcher::dispatch, <JsonCodec as Codec>::encode, hash_all::<u64>, spin_here.
use std::io::Write;

/// A value that the optimiser knows nothing about; std::hint::black_box is newer than Debian's compiler.
fn black_box<T: Copy>(value: T) -> T {
    // Safe: `value` is valid and `Copy`.
    unsafe { std::ptr::read_volatile(&value) }
}

extern "C" {
    fn prctl(option: i32, argument: u64) -> i32;
}

trait Codec {
    fn encode(&self, input: &[u64]) -> u64;
}

struct JsonCodec {
    indent: u64,
}

impl Codec for JsonCodec {
    #[inline(never)]
    fn encode(&self, input: &[u64]) -> u64 {
        black_box(hash_all(input)) + self.indent
    }
}

struct Dispatcher<'a> {
    codec: &'a dyn Codec,
}

impl<'a> Dispatcher<'a> {
    #[inline(never)]
    fn dispatch(&self, input: &[u64]) -> u64 {
        black_box(self.codec.encode(input)) ^ 1
    }
}

#[inline(never)]
fn hash_all<T: Copy + Into<u64>>(items: &[T]) -> u64 {
    let mut state = 1;
    for item in items {
        state = black_box(spin_here(state ^ (*item).into()));
    }
    state
}

#[inline(never)]
fn spin_here(mut state: u64) -> u64 {
    for _ in 0..100_000 {
        state = black_box(state.wrapping_mul(6364136223846793005).wrapping_add(1));
    }
    state
}

#[inline(never)]
fn apply(action: &dyn Fn(u64) -> u64, value: u64) -> u64 {
    black_box(action(value)) + 1
}

#[inline(never)]
fn run_service(dispatcher: &Dispatcher) {
    let mut total = 0;
    loop {
        total = black_box(apply(&|value| black_box(dispatcher.dispatch(&[value, 2, 3, 4])) + 2, total));
    }
}

fn main() {
    // Safe: prctl(PR_SET_PDEATHSIG, SIGKILL) takes two integers.
    unsafe { prctl(1, 9) };
    let codec = JsonCodec { indent: 2 };
    println!("ready");
    std::io::stdout().flush().expect("standard output is open");
    run_service(&Dispatcher { codec: black_box(&codec) });
}
