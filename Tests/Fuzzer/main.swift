import CFuzzer
import FuzzTargets
import Glibc

// The target is named by the environment, since libFuzzer starts itself again with options of its own.
let named = unsafe getenv("SONDE_FUZZ_TARGET").map { unsafe String(cString: $0) }
guard let target = FuzzTarget.all.first(where: { $0.name == named }) else {
    print(FuzzTarget.all.map { "\($0.name) \($0.maximumLength)" }.joined(separator: "\n"))
    exit(named == nil ? 0 : 64)
}
let run = target.run
// Safe: libFuzzer's input lives during the call, and its bytes are copied.
let status = unsafe cfuzzer_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, count in
    unsafe run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
exit(status)
