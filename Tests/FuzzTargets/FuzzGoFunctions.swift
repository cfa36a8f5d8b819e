/// A Go program's table of functions, by which a stack is unwound and functions get their names.
///
/// The first three bytes are flags, the program counter and the frame pointer; then follow the number of words on the
/// stack, those words, and the table.
func fuzzGoFunctions(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let flags = input.byte()
    let (offset, framePointer) = (input.byte() % UInt8(callingCode.count), input.byte())
    let words = input.bytes(Int(input.byte() % 64))
    let rest = Array(input.rest)
    // As it is, or as the stack depths of a function in a table that is right otherwise.
    let table = flags & 1 == 0 ? rest : ForgedProcess.goFunctions(rest, covering: callingCode.count)
    let process = ForgedProcess(code: callingCode, frames: table, in: .go)
    process?.readNames(of: callingCode.count)
    process?.unwind(
        at: offset, stack: words, framePointer: framePointer, known: flags & 4 == 0 ? .all : .two)
}
