import Confinement
import Foundation
import Glibc
import ProcFS

// Confines itself by the steps given, in their order, and prints what comes of each that has a result, a line each.
//
//   drop USER MASK      changes the user and keeps the capabilities of the hexadecimal mask
//   inherit USER MASK   the same; what it executes has them too
//   keep MASK           the same without another user
//   limits              1 GiB of address space, 100 s of CPU time, 32 descriptors, files of 4,096 bytes
//   deny                getpgid fails with ENODATA, and so does dup to descriptor 77; all else is allowed
//   only                what the C library needs for writing and ending is allowed; all else ends the process
//   threads             what isn't a thread can't be started
//   internet            no other sockets than those of AF_INET
//   landlock            denies all file access
//   read-write READ WRITE  the same, but for reading below one path, and all but executing below another
//   close               closes all descriptors but the standard ones
//   thread              starts a thread
//   duplicate N         duplicates standard input to descriptor N
//   open PATH           opens a file for reading
//   write PATH BYTES    makes a file of so many bytes
//   group               getpgid
//   spawn PROGRAM       starts a program
//   socket FAMILY       makes a datagram socket
//   pair TYPE           makes a pair of connected Unix sockets
//   execute PROGRAM     is replaced by the program
//   wait                says "ready" and waits for the end of standard input

/// What is left of the steps, and how each is done.
struct ConfinedProgram {
    var steps = CommandLine.arguments.dropFirst()

    mutating func run() {
        while let step = steps.popFirst() {
            do {
                try perform(step)
            } catch {
                say("refused: \(error)")
                exit(1)
            }
        }
    }

    private mutating func argument() -> String {
        guard let argument = steps.popFirst() else { exit(64) }
        return argument
    }

    private mutating func account() -> UserAccount {
        guard let account = UserAccount(named: argument()) else { exit(64) }
        return account
    }

    private mutating func capabilities() -> CapabilitySet {
        guard let mask = UInt64(argument(), radix: 16) else { exit(64) }
        return CapabilitySet(rawValue: mask)
    }

    private func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        // Safe: the array outlives the call.
        _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
    }

    private func report(_ name: String, _ result: Int32) { say("\(name): \(result < 0 ? errno : 0)") }

    private mutating func perform(_ step: String) throws {
        switch step {
        case "drop": try Credentials(user: account(), capabilities: capabilities()).apply()
        case "inherit": try Credentials(user: account(), capabilities: capabilities(), areInherited: true).apply()
        case "keep": try Credentials(capabilities: capabilities()).apply()
        case "limits":
            try ProcessLimits(addressSpaceBytes: 1 << 30, cpuSeconds: 100, openDescriptors: 32, fileBytes: 4096).apply()
        case "deny": try deny()
        case "threads": try load { $0.denyNewProcesses() }
        case "internet": try load { $0.denySockets(exceptOf: [AF_INET]) }
        case "only": try allowOnly()
        case "unknown": try SeccompFilter(default: .allow, [.init("no_such_call", .kill)]).load()
        case "landlock": say("landlock: \(try Landlock.denyAll())")
        case "read-write": _ = try Landlock.allowOnly(reading: [argument(), "/no/such/path"], writing: [argument()])
        case "close": try OpenDescriptors.close(except: [0, 1, 2])
        case "thread": Thread.detachNewThread { pause() }
        case "duplicate": report("duplicate", dup2(0, Int32(argument()) ?? -1))
        case "open": report("open", unsafe open(argument(), O_RDONLY))
        case "write": writeFile(argument(), count: Int(argument()) ?? 0)
        case "group": report("group", getpgid(0))
        case "spawn": spawn(argument())
        case "socket": report("socket", socket(Int32(argument()) ?? -1, Int32(SOCK_DGRAM.rawValue), 0))
        case "pair": makePair(ofType: Int32(argument()) ?? -1)
        case "execute": execute(argument())
        case "wait": waitForInput()
        default: exit(64)
        }
    }

    private func deny() throws {
        var filter = SeccompFilter(default: .allow)
        filter.add(.fail(errno: ENODATA), ["getpgid"])
        let isNumber77 = SeccompFilter.Condition(argument: 1, .equal(77))
        filter.add(SeccompFilter.Rule("dup2", .fail(errno: ENODATA), where: [isNumber77]))
        try filter.load()
    }

    /// Adds to what isn't allowed to programs without privileges.
    private func load(_ change: (inout SeccompFilter) -> Void) throws {
        var filter = SeccompFilter.withoutPrivilegedCalls
        change(&filter)
        try filter.load()
    }

    private func spawn(_ program: String) {
        var id: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        // Safe: the arrays end with nil and outlive the call.
        say("spawn: \(unsafe posix_spawn(&id, program, nil, nil, &arguments, nil))")
    }

    private func makePair(ofType type: Int32) {
        var numbers: [Int32] = [-1, -1]
        // Safe: the call writes two numbers.
        report("pair", unsafe socketpair(AF_UNIX, type, 0, &numbers))
    }

    private func allowOnly() throws {
        var filter = SeccompFilter(default: .kill)
        filter.add(.allow, ["read", "write", "exit_group", "futex", "brk", "mmap", "munmap", "madvise"])
        try filter.load()
    }

    private func writeFile(_ path: String, count: Int) {
        signal(SIGXFSZ, SIG_IGN)
        let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
        let bytes = [UInt8](repeating: 0, count: count)
        // Safe: the array outlives the call.
        say("write: \(unsafe write(file, bytes, bytes.count))")
    }

    private func execute(_ program: String) {
        // Safe: the string and the array outlive the call, which returns only when it fails.
        unsafe program.withCString { path in
            var arguments = unsafe [UnsafeMutablePointer(mutating: path), nil]
            _ = unsafe execv(path, &arguments)
        }
        report("execute", -1)
    }

    private func waitForInput() {
        say("ready")
        var byte: UInt8 = 0
        // Safe: the byte outlives the call.
        while unsafe read(STDIN_FILENO, &byte, 1) > 0 {}
    }
}

var program = ConfinedProgram()
program.run()
