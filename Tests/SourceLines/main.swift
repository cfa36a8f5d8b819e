// Prints, for each hexadecimal address on standard input, what the worker would show of it: a line with the address, then
// for each frame, the innermost one first, its name and its position, as `addr2line -a -i -f` does. Symbols by which the
// linker knows functions, so that demanglers don't matter. At the end, times and memory go to standard error.
import DebugInfo
import Glibc
import ObjectFiles
import ProfileModel
import Symbolication
import SystemSupport
import TargetProcess

struct DebugFiles: DebugFileSource {
    let directories: DebugFileDirectories
    let path: String

    func candidate(from index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileCandidate? {
        guard let found = directories.candidate(from: index, for: query, of: path) else { return nil }
        return DebugFileCandidate(index: found.index, file: found.take())
    }
}

/// A line such as `VmHWM:  1234 kB` of the own status file.
func memoryLine(_ name: String) -> String {
    guard let file = unsafe fopen("/proc/self/status", "r") else { return "" }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, 256, file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        if text.hasPrefix(name) { return text }
    }
    return ""
}

let path = CommandLine.arguments[1]
let start = MonotonicTime.now
let source = DebugFiles(
    directories: DebugFileDirectories(targetRoot: try OwnedDescriptor(opening: "/", flags: OwnedDescriptor.place)),
    path: path)
let object = try ObjectFile(
    id: ObjectID(rawValue: 1), path: path, descriptor: try OwnedDescriptor(opening: path, flags: O_RDONLY),
    debugFiles: source)
let symbolicator = Symbolicator(
    object: { $0 == object.id ? object : nil }, debugInformation: DebugInformationStore())
var addresses: [FileAddress] = []
while let line = readLine() {
    guard let value = UInt64(line.hasPrefix("0x") ? String(line.dropFirst(2)) : line, radix: 16) else { continue }
    addresses.append(FileAddress(rawValue: value))
}
let opened = MonotonicTime.now
let frames = addresses.map { symbolicator.frames(for: .object(object.id, $0)) }
let named = MonotonicTime.now
for address in addresses { _ = symbolicator.frames(for: .object(object.id, address)) }
let again = MonotonicTime.now
for (address, frames) in zip(addresses, frames) {
    print(address)
    for frame in frames {
        print(frame.systemName ?? frame.name)
        print(frame.source.map { "\($0.file):\($0.line)" } ?? "??:0")
    }
}
let times = [opened.since(start), named.since(opened), again.since(named)].map { "\($0 / 1000) µs" }
let text = "opening, naming, again: \(times.joined(separator: ", ")); \(memoryLine("VmHWM")); \(memoryLine("VmPeak"))\n"
_ = unsafe write(STDERR_FILENO, text, text.utf8.count)
