import ProfileModel
import SystemSupport
import TargetProcess

/// One check of `sonde doctor`.
struct DoctorCheck: Encodable {
    enum Status: String, Encodable {
        case ok
        case warning
        case failed
        /// It could not be determined.
        case unknown
    }

    let name: String
    let status: Status
    /// What was found.
    let finding: String
    /// What to do; `nil` where nothing needs to be done.
    @Nullable var remedy: String?
    /// What the command exits with because of this check.
    let exitCode: Int32

    private init(_ name: String, _ status: Status, _ finding: String, remedy: String?, exitCode: Int32 = 0) {
        self.name = name
        self.status = status
        self.finding = finding
        self.remedy = remedy
        self.exitCode = exitCode
    }

    private enum CodingKeys: CodingKey { case name, status, finding, remedy }

    static func ok(_ name: String, _ finding: String) -> DoctorCheck { DoctorCheck(name, .ok, finding, remedy: nil) }

    static func warning(_ name: String, _ finding: String, remedy: String) -> DoctorCheck {
        DoctorCheck(name, .warning, finding, remedy: remedy)
    }

    static func failed(_ name: String, _ finding: String, remedy: String, exitCode: Int32 = 1) -> DoctorCheck {
        DoctorCheck(name, .failed, finding, remedy: remedy, exitCode: exitCode)
    }

    static func unknown(_ name: String, _ finding: String) -> DoctorCheck {
        DoctorCheck(name, .unknown, finding, remedy: nil)
    }

    static func refused(_ name: String, _ refusal: AttachRefusal) -> DoctorCheck {
        guard refusal.isCertain else {
            return .warning(name, "\(refusal.cause); attaching will probably be refused", remedy: refusal.remedy)
        }
        return .failed(name, refusal.cause, remedy: refusal.remedy, exitCode: refusal.exitCode)
    }

    /// A runtime, as in `Python 3.11.2 (static, /usr/bin/python3.11): frames are read`.
    static func runtime(_ runtime: RuntimeSummary) -> DoctorCheck {
        let build = runtime.build.isEmpty ? "" : " (\(runtime.build.map { printable($0) }.joined(separator: ", ")))"
        let title = "\(runtime.name) \(printable(runtime.version, limit: 60))\(build)"
        switch runtime.reading {
        case .frames(let missing):
            let rest = missing.isEmpty ? "" : ", without " + missing.joined(separator: ", ")
            return .ok("runtime", "\(title): frames are read\(rest)")
        case .nativeAlone(let reason):
            return .warning(
                "runtime", "\(title): \(reason), native frames alone",
                remedy: "Stacks show the interpreter's own functions in the places of its frames.")
        }
    }
}
