// Swift threads asleep below generic, closure, protocol and class calls of varied depth, in several system calls, and
// tasks that sleep between two suspensions. Each sleep takes 20 ms. Built with -O and with -Onone.
import Glibc

protocol Stage: Sendable {
    func pass(_ way: Int, _ depth: Int, _ path: UInt64) -> UInt64
}

struct Generic<Item: FixedWidthInteger & Sendable>: Stage {
    let item: Item

    @inline(never)
    func pass(_ way: Int, _ depth: Int, _ path: UInt64) -> UInt64 {
        descend(way, depth, path) &+ UInt64(truncatingIfNeeded: item)
    }
}

final class Reference: Stage {
    let names: [String] = ["a", "b"]

    @inline(never)
    func pass(_ way: Int, _ depth: Int, _ path: UInt64) -> UInt64 {
        let found = names.map { name in descend(way, depth, path) &+ UInt64(name.utf8.count) }.first
        return found ?? 0
    }
}

struct Large: Stage {
    let fields: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4, 5, 6, 7, 8)

    @inline(never)
    func pass(_ way: Int, _ depth: Int, _ path: UInt64) -> UInt64 {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 16) { memory in
            memory.initialize(repeating: path)
            return descend(way, depth, path) &+ memory[3] &+ fields.7
        }
    }
}

enum Stages {
    static let all: [any Stage] = [Generic(item: Int32(3)), Generic(item: UInt64(4)), Large()]
}

@inline(never)
func apply(_ action: (UInt64) -> UInt64, to value: UInt64) -> UInt64 { action(value) &+ 1 }

@inline(never)
func rest(_ way: Int) -> UInt64 {
    switch way % 4 {
    case 0: return UInt64(bitPattern: Int64(poll(nil, 0, 20)))
    case 1: return UInt64(bitPattern: Int64(usleep(20_000)))
    case 2:
        var time = timespec(tv_sec: 0, tv_nsec: 20_000_000)
        return UInt64(bitPattern: Int64(nanosleep(&time, nil)))
    default:
        var time = timeval(tv_sec: 0, tv_usec: 20_000)
        return UInt64(bitPattern: Int64(select(0, nil, nil, nil, &time)))
    }
}

@inline(never)
func descend(_ way: Int, _ depth: Int, _ path: UInt64) -> UInt64 {
    guard depth > 0 else { return rest(way) }
    let next = path &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    switch (next >> 33) % 5 {
    case 0: return apply({ value in descend(way, depth - 1, value) &* 3 }, to: next)
    case 1: return [next].reduce(0) { sum, value in sum &+ descend(way, depth - 1, value) }
    case 2: return Reference().pass(way, depth - 1, next)
    default: return Stages.all[Int(next >> 40) % Stages.all.count].pass(way, depth - 1, next) &+ 1
    }
}

func run(_ way: Int) -> Never {
    var state = UInt64(way) &+ 1
    while true { state = state &* 2_862_933_555_777_941_757 &+ (descend(way, Int(state >> 60) % 10, state) | 1) }
}

/// `prctl` is variadic, so Swift can't import it.
@_silgen_name("prctl")
func processControl(_ option: CInt, _ argument: CUnsignedLong) -> CInt

let setParentDeathSignal: CInt = 1

func startThread(_ way: Int) {
    var thread = pthread_t()
    pthread_create(&thread, nil, { run(Int(bitPattern: $0)) }, UnsafeMutableRawPointer(bitPattern: way))
}

func startTask() {
    Task.detached {
        while true {
            try? await Task.sleep(nanoseconds: 5_000_000)
            _ = descend(1, 3, 7)
        }
    }
}

_ = processControl(setParentDeathSignal, CUnsignedLong(SIGKILL))
for way in 1..<6 { startThread(way) }
for _ in 0..<2 { startTask() }
print("ready")
fflush(nil)
run(0)
