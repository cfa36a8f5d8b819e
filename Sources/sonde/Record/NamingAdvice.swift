import Debuginfod
import ProcFS
import ProfileModel
import Profiles
import SystemSupport

/// What to do about frames without names.
struct NamingAdvice {
    /// The share of the frames, or of the innermost ones, 0 to 1, from which on the lack of names is worth a warning.
    private static let leastShare = 0.05
    /// The share from which on an object file is named in it, and how many are.
    private static let leastObjectShare = 0.01
    private static let mostObjects = 3

    private let profile: Profile
    private let all: NamingCounts
    private let innermost: NamingCounts
    /// Whether the targets' files are the host's, whose packages are known.
    private let sharesFiles: Bool

    init(_ profile: Profile, sharesFiles: Bool) {
        self.profile = profile
        (all, innermost) = NamingCounts.counts(of: profile)
        self.sharesFiles = sharesFiles
    }

    /// The share of all frames, 0 to 1.
    var unnamedShare: Double { all.share(of: all.anonymous) + all.share(of: all.withoutSymbol) }

    var warnings: [String] { [symbolWarning, generatedCodeWarning].compactMap { $0 } }

    /// `12.0 % of the frames (30.0 % of the innermost)`; `nil` where both are few.
    private func shares(of part: (NamingCounts) -> UInt64) -> String? {
        let (share, innermostShare) = (all.share(of: part(all)), innermost.share(of: part(innermost)))
        guard max(share, innermostShare) >= Self.leastShare else { return nil }
        return "\(NumberText.percent(share)) of the frames (\(NumberText.percent(innermostShare)) of the innermost)"
    }

    /// `nil` where most frames in object files have names.
    private var symbolWarning: String? {
        guard let shares = shares(of: \.withoutSymbol) else { return nil }
        let objects = all.unnamedByPath.map { path, frames in
            (path: path, share: max(all.share(of: frames), innermost.share(of: innermost.unnamedByPath[path] ?? 0)))
        }
        let main = objects.filter { $0.share >= Self.leastObjectShare }
            .sorted { ($1.share, $0.path) < ($0.share, $1.path) }.prefix(Self.mostObjects).map(\.path)
        let list = main.map { ProcessTitle.baseName($0) }.joined(separator: ", ")
        let place = main.isEmpty ? "" : ", most in \(list)"
        return (["\(shares) have no name\(place)"] + remedies(for: main)).joined(separator: "\n  ")
    }

    private func remedies(for paths: [String]) -> [String] {
        let packages = DebianPackages()
        let isKnown = sharesFiles && packages.exist
        let owners = isKnown ? packages.owners(of: paths) : [:]
        let installed = Set(owners.values.map(Self.symbolPackage(of:))).sorted().joined(separator: " ")
        let others = paths.filter { owners[$0] == nil && $0.hasPrefix("/") }
            .map { ProcessTitle.baseName($0) }.joined(separator: ", ")
        var texts: [String] = []
        if !installed.isEmpty { texts.append("apt install \(installed) (in the debug archive of the distribution)") }
        if !others.isEmpty {
            texts.append(
                isKnown
                    ? "\(others): of no package; use a build that is not stripped (no -s, no strip)"
                    : "\(others): use a build that is not stripped, or install its debug symbols beside it")
        }
        if !installed.isEmpty || !isKnown && !others.isEmpty { texts += [serverRemedy].compactMap(\.self) }
        return texts
    }

    /// `nil` where servers are asked already.
    private var serverRemedy: String? {
        guard !DownloadOptions.areServersNamed else { return nil }
        let variable = "DEBUGINFOD_URLS=\((sharesFiles ? DistributionServer.ofHost : .ofAll).url)"
        // sudo(8) passes on no variable that isn't given to itself.
        let command = InvokingUser.current == nil ? "\(variable) sonde …" : "sudo \(variable) sonde …"
        return "or let Sonde fetch debug information: \(command)"
    }

    /// The package of a binary package's debug symbols: `-dbgsym`, but where its source makes a `-dbg` by hand.
    private static func symbolPackage(of package: String) -> String {
        if package == "libc6" { return "libc6-dbg" }
        // The interpreter, its library and its minimal package share `python3.11-dbg`.
        let python = package.hasPrefix("lib") ? package.dropFirst(3) : package[...]
        if python.hasPrefix("python3."), let version = python.dropFirst(8).split(separator: "-").first,
            version.allSatisfy(\.isNumber)
        {
            return "python3.\(version)-dbg"
        }
        return "\(package)-dbgsym"
    }

    /// `nil` where little of the code is generated and nameless.
    private var generatedCodeWarning: String? {
        shares(of: \.anonymous).map { shares in
            let isNamed = profile.functions.rows.contains { $0.kind == .jit }
            return "\(shares) are [anonymous], generated code "
                + (isNamed
                    ? "that the perf map doesn't name, or whose place other code took at about that time"
                    : "without names: \(runtimeRemedy)")
        }
    }

    /// How the runtime that generated the code names it.
    private var runtimeRemedy: String {
        let objects = profile.mappings.rows.map { ProcessTitle.baseName(profile[text: $0.path]) }
        let names = Set(objects + profile.threads.rows.map { profile[text: $0.processName] })
        let hasOne = { (isMeant: (String) -> Bool) in names.contains(where: isMeant) }
        if hasOne({ $0 == "libjvm.so" || $0 == "java" }) {
            let process = profile.metadata.processes.first?.description ?? "PID"
            return "jcmd \(process) Compiler.perfmap (JDK 17 or later) writes them; for whole stacks start the JVM "
                + "with -XX:+PreserveFramePointer"
        }
        if hasOne({ $0 == "node" || $0 == "nodejs" || $0.hasPrefix("libnode.so") }) {
            return "start node with --perf-basic-prof (or in NODE_OPTIONS)"
        }
        // Where Python's frames are read, other code is generated than the interpreter's.
        let isPythonRead = profile.functions.rows.contains { $0.kind == .python }
        if !isPythonRead, hasOne({ $0.hasPrefix("libpython3") || $0.hasPrefix("python") }) {
            return "start Python 3.12 or later with -X perf (or PYTHONPERFSUPPORT=1)"
        }
        if hasOne({ $0 == "libcoreclr.so" || $0 == "dotnet" }) { return "start .NET with DOTNET_PerfMapEnabled=1" }
        return "start the runtime so that it writes /tmp/perf-PID.map"
    }
}
