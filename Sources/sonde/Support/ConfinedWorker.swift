import ArgumentParser
import Confinement
import StackWorker
import TargetProcess
import WorkerControl
import WorkerProtocol

/// What commands that read stacks have in common: the worker process that reads what targets wrote.
struct WorkerOptions: ParsableArguments {
    @Flag(
        help: """
            Go on although the process that reads targets' files and stacks can't be confined: a user who controls a \
            target may then get Sonde's rights.
            """)
    var unconfinedWorker = false

    @Flag(help: "Show C++ names with long lists of template arguments too.")
    var fullNames = false

    /// Starts the template of workers; to be called first, while there is one thread.
    ///
    /// - Parameter hasDebugServers: whether servers are asked for debug information.
    func launcher(hasDebugServers: Bool = false) throws(CommandFailure) -> WorkerTemplate {
        switch Self.launcher(isUnconfined: unconfinedWorker, fullNames, hasDebugServers) {
        case .success(let launcher): return launcher
        case .failure(let error): throw CommandFailure("\(error)")
        }
    }

    static func confinedLauncher() -> Result<WorkerTemplate, WorkerLaunchError> {
        launcher(isUnconfined: false, false, false)
    }

    private static func launcher(
        isUnconfined: Bool, _ fullNames: Bool, _ hasDebugServers: Bool
    ) -> Result<WorkerTemplate, WorkerLaunchError> {
        let program = WorkerTemplate.Program(
            confineTemplate: { socket in
                do {
                    try WorkerConfinement.restrictTemplate(keeping: socket)
                } catch  where isUnconfined {}
            },
            serve: { channel, area in serve(channel, area, isUnconfined, fullNames, hasDebugServers) })
        return Result { () throws(WorkerLaunchError) in try WorkerTemplate(program, areaCapacity: areaBytes) }
    }

    /// A worker that is yet to be started.
    func worker(
        _ launcher: WorkerTemplate, objects: TracedObjects, frameLimit: Int,
        downloader: (any DebugFileDownloader)? = nil
    ) -> StackWorker {
        StackWorker(
            launcher, objects: objects, frameLimit: frameLimit, requiresConfinement: !unconfinedWorker,
            downloader: downloader)
    }

    func start(_ worker: StackWorker) throws(CommandFailure) {
        do throws(WorkerLaunchError) {
            try worker.start()
            if worker.state?.isConfined != true {
                Console.warn("the worker process is not confined: a hostile target may get Sonde's rights")
            }
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private static func serve(
        _ channel: consuming MessageChannel, _ area: SharedArea, _ isUnconfined: Bool, _ fullNames: Bool,
        _ hasDebugServers: Bool
    ) {
        let state: WorkerState
        do throws(ConfinementError) {
            state = try WorkerConfinement.restrictWorker()
        } catch {
            guard isUnconfined else {
                try? channel.send(WorkerReply.refused(reason: "\(error)").bytes)
                return
            }
            state = WorkerConfinement.unrestricted
        }
        WorkerServer(
            channel: channel, area: area, showsTemplateArguments: fullNames, hasDebugServers: hasDebugServers
        ).run(as: state)
    }

    /// Sixteen of the largest stacks, several hundred of the usual ones.
    private static let areaBytes = 16 << 20
}
