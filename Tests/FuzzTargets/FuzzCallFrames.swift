/// Call frame information of every form, evaluated for a stack of code that makes calls.
///
/// The first three bytes are flags, the program counter and the frame pointer; then follow the number of words on the
/// stack, those words, and the section.
func fuzzCallFrames(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let flags = input.byte()
    let (offset, framePointer) = (input.byte() % UInt8(callingCode.count), input.byte())
    let words = input.bytes(Int(input.byte() % 64))
    let rest = Array(input.rest)
    // As they are, or as the instructions of a description that is right otherwise: they are reached more often then.
    let frames = flags & 1 == 0 ? rest : ForgedProcess.frames(rest, covering: callingCode.count)
    let process = ForgedProcess(code: callingCode, frames: frames, in: flags & 2 == 0 ? .exception : .debug)
    process?.unwind(
        at: offset, stack: words, framePointer: framePointer, known: flags & 4 == 0 ? .all : .two)
}

/// `push rbp; mov rbp, rsp; push rbx; sub rsp, 24; call -14; call rax; add rsp, 24; pop rbx; pop rbp; ret; call -28; nop`.
let callingCode: [UInt8] = [
    0x55, 0x48, 0x89, 0xe5, 0x53, 0x48, 0x83, 0xec, 0x18, 0xe8, 0xf2, 0xff, 0xff, 0xff, 0xff, 0xd0, 0x48, 0x83, 0xc4,
    0x18, 0x5b, 0x5d, 0xc3, 0xe8, 0xe4, 0xff, 0xff, 0xff, 0x90,
]
