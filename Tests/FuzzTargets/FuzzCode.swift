import Unwinding

/// Code analysis: any code, in frames that call frame information describes, or none does, with registers missing.
///
/// The first three bytes are flags, the program counter and the frame pointer; then follow the number of words on the
/// stack, those words, and the code.
func fuzzCode(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let flags = input.byte()
    let (offset, framePointer) = (input.byte(), input.byte())
    let words = input.bytes(Int(input.byte() % 64))
    let code = Array(input.rest)
    guard !code.isEmpty else { return }
    Unwinder.analyseEverything(in: code)
    let frames =
        flags & 1 == 0
        ? ForgedProcess.frames(flags & 2 == 0 ? framePointerRules : stackPointerRules, covering: code.count) : []
    let process = ForgedProcess(code: code, frames: frames, in: .exception)
    process?.unwind(
        at: offset % UInt8(clamping: code.count), stack: words, framePointer: framePointer,
        known: flags & 4 == 0 ? .all : .two)
}

// Behind the first byte, so that the first row is that of a function just called: others have no frame layout.

/// `DW_CFA_advance_loc 1`, `DW_CFA_def_cfa rbp+16`, `DW_CFA_offset rbp -16`: the frame's address needs the frame pointer.
private let framePointerRules: [UInt8] = [0x41, 0x0c, 6, 16, 0x86, 2]
/// `DW_CFA_advance_loc 1`, `DW_CFA_def_cfa_offset 24`, `DW_CFA_offset rbp -16`, as in a function without a frame pointer.
private let stackPointerRules: [UInt8] = [0x41, 0x0e, 24, 0x86, 2]
