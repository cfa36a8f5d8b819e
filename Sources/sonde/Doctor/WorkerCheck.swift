import TargetProcess
import WorkerControl
import WorkerProtocol

/// Whether the process that reads what targets wrote can be confined.
struct WorkerCheck {
    let result: Result<StackWorker, WorkerLaunchError>

    /// Starts a worker as `record` and `dump` do.
    init(_ launcher: Result<WorkerTemplate, WorkerLaunchError>, objects: TracedObjects) {
        result = launcher.flatMap { launcher in
            Result { () throws(WorkerLaunchError) in
                let worker = StackWorker(launcher, objects: objects, frameLimit: 1)
                try worker.start()
                return worker
            }
        }
    }

    var worker: StackWorker? { try? result.get() }

    var check: DoctorCheck {
        switch result {
        case .failure(let error):
            return .failed(
                "worker", "\(error)",
                remedy: "Allow Sonde's own processes seccomp(2) and prctl(2), or accept the risk: --unconfined-worker.")
        case .success(let worker):
            guard let state = worker.state else { return .unknown("worker", "it ended at once") }
            let landlock = state.hasLandlock ? "Landlock" : "no Landlock in this kernel"
            return .ok(
                "worker", "confined: user \(state.user), no capabilities, no_new_privs, seccomp, \(landlock)")
        }
    }
}
