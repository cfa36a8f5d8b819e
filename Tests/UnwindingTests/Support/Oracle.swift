import Foundation
import ProfileModel
import TestSupport

/// Who says which stack is right.
enum Oracle {
    case gdb
    /// It follows frame pointers where there is no other information; gdb guesses.
    case euStack

    struct Frame {
        let address: UInt64
        let function: String
    }

    /// The stack of each thread, leaf first; inlined frames and what follows the outermost frame are left out.
    func stacks(of process: Int32) throws -> [Int32: [Frame]] {
        switch self {
        case .gdb: try Self.gdbStacks(of: process)
        case .euStack: try Self.euStacks(of: process)
        }
    }

    private static func euStacks(of process: Int32) throws -> [Int32: [Frame]] {
        let result = try run(["eu-stack", "-p", "\(process)"], within: 120)
        var stacks: [Int32: [Frame]] = [:]
        var thread = process
        for line in result.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "TID", words.count > 1 { thread = Int32(words[1].dropLast()) ?? thread }
            guard line.hasPrefix("#"), words.count > 1, let address = UInt64(words[1].dropFirst(2), radix: 16) else {
                continue
            }
            let function = words.count > 2 ? String(words[2]) : "?"
            stacks[thread, default: []].append(Frame(address: address, function: function))
        }
        return stacks
    }

    private static func gdbStacks(of process: Int32) throws -> [Int32: [Frame]] {
        let directory = try TemporaryDirectory()
        let file = directory.url.appending(path: "stacks.py")
        try script.write(to: file, atomically: true, encoding: .utf8)
        let result = try run(["gdb", "-nx", "-batch", "-p", "\(process)", "-x", file.path], within: 120)
        var stacks: [Int32: [Frame]] = [:]
        for line in result.output.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4, words[0] == "FRAME", let thread = Int32(words[1]),
                let address = UInt64(words[2], radix: 16), address != 0
            else { continue }
            stacks[thread, default: []].append(Frame(address: address, function: String(words[3])))
        }
        return stacks
    }

    private static let script = """
        import gdb
        for command in ('backtrace past-main on', 'backtrace past-entry on', 'backtrace limit unlimited'):
            gdb.execute('set ' + command)
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            frame = gdb.newest_frame()
            while frame is not None:
                if frame.type() != gdb.INLINE_FRAME:
                    print('FRAME %d %x %s' % (thread.ptid[1], frame.pc(), frame.name()))
                frame = frame.older()
        """
}
