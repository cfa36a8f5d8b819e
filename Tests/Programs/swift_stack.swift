// Generic, closure, protocol and class calls in Swift: main, runService, closures, Dispatcher.dispatch, JSONCodec.encode,
// hashAll, spinHere. Built with -O and with -Onone.
import Glibc

protocol Codec {
    func encode(_ input: [UInt64]) -> UInt64
}

final class JSONCodec: Codec {
    let indent: UInt64 = 2

    @inline(never)
    func encode(_ input: [UInt64]) -> UInt64 { hashAll(input) &+ indent }
}

class Dispatcher {
    let codec: any Codec

    init(codec: any Codec) { self.codec = codec }

    @inline(never)
    func dispatch(_ input: [UInt64]) -> UInt64 { codec.encode(input) ^ 1 }
}

@inline(never)
func hashAll<Items: Collection>(_ items: Items) -> UInt64 where Items.Element: FixedWidthInteger {
    var state: UInt64 = 1
    for item in items {
        state = spinHere(state ^ UInt64(truncatingIfNeeded: item)) &+ 1
    }
    return state
}

@inline(never)
func spinHere(_ seed: UInt64) -> UInt64 {
    var state = seed
    for step in 0..<UInt64(20_000) {
        state = (state &* 6_364_136_223_846_793_005) ^ (state >> 33) ^ step
    }
    return state
}

@inline(never)
func apply(_ value: UInt64, _ action: (UInt64) -> UInt64) -> UInt64 { action(value) &+ 1 }

@inline(never)
func runService(_ dispatcher: Dispatcher) -> Never {
    var total: UInt64 = 0
    while true {
        total = apply(total) { value in dispatcher.dispatch([value, 2, 3, 4]) &+ 2 }
    }
}

/// `prctl` is variadic, so Swift can't import it.
@_silgen_name("prctl")
func processControl(_ option: CInt, _ argument: CUnsignedLong) -> CInt

let setParentDeathSignal: CInt = 1
_ = processControl(setParentDeathSignal, CUnsignedLong(SIGKILL))
print("ready")
fflush(nil)
runService(Dispatcher(codec: JSONCodec()))
