import ArgumentParser
import ProfileFormats
import ProfileModel
import Profiles
import Recording

/// `--tasks`.
extension RecordCommand {
    /// Refuses what is about threads.
    func checkTasks() throws {
        guard tasks else { return }
        guard sampling.mode == .wall else {
            throw ValidationError("--tasks needs --mode wall: a task that waits uses no CPU time.")
        }
        let others: [(isChosen: Bool, name: String)] = [
            (sampler != .auto, "--sampler"), (interruptSleeping, "--interrupt-sleeping"), (gil, "--gil"),
            (runtimes.nativeOnly, "--native-only"), (picture.noIdle, "--no-idle"),
        ]
        if let other = others.first(where: \.isChosen)?.name {
            throw ValidationError("--tasks and \(other) exclude each other: no threads are sampled.")
        }
        if sampling.subprocesses {
            throw ValidationError(
                "--tasks samples no descendants (--subprocesses): name all processes, with -p, -n or --match.")
        }
    }

    /// `nil` where a command ended before there was a sample.
    func recordTasks(
        _ setup: RecordingSetup, _ whenStarted: () throws(CommandFailure) -> Void
    ) throws(CommandFailure) -> RecordingResult? {
        let recording: TaskRecording
        do {
            recording = try TaskRecording(
                setup.request, procfs: setup.procfs, worker: setup.worker, objects: setup.objects)
        } catch {
            throw CommandFailure(error, procfs: setup.procfs)
        }
        try whenStarted()
        let monitor = ConsoleMonitor(seconds: setup.request.seconds)
        let result = recording.finish(watchedBy: monitor)
        monitor.clear()
        let summary = TaskRecordingSummary(result: result, setup: setup)
        if result.profile.isEmpty {
            if !command.isEmpty, case .targetsEnded = result.end { return nil }
            throw summary.failureWithoutTasks
        }
        if !json { summary.show(withFunctions: chosenFormat != .top, isVerbose: verbose) }
        for warning in summary.warnings { Console.warn(warning) }
        return RecordingResult(profile: result.profile, json: summary.json)
    }
}
