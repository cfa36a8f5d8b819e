import Glibc
import ProcFS
import ProfileModel
import TargetProcess
import TestSupport
import Testing

/// Diagnoses of real processes.
@Suite struct AttachDiagnosisTests {
    private let procfs = ProcFS()
    private static let sleeperSource = """
        #include <unistd.h>
        int main(void) { write(1, "ready\\n", 6); for (;;) pause(); }
        """

    @Test func findsNothingAgainstAnOrdinaryChild() throws {
        let child = try TestProgram(named: "sonde-plain", source: Self.sleeperSource)
        #expect(procfs.diagnoseAttach(to: child.id) == nil)
    }

    @Test func refusesProcessesThatDoNotExist() {
        let refusal = procfs.diagnoseAttach(to: ProcessID(rawValue: 99_999_999))
        #expect(refusal?.reason == .noSuchProcess)
        #expect(refusal?.exitCode == 1)
    }

    @Test func refusesItself() {
        #expect(procfs.diagnoseAttach(to: ProcessID(rawValue: getpid()))?.reason == .isSelf)
    }

    @Test func refusesAZombieAndNamesItsParent() throws {
        let child = try TestProgram(named: "sonde-zombie", source: Self.sleeperSource)
        child.child.killWithoutReaping()
        guard case .zombie(let parent) = procfs.diagnoseAttach(to: child.id)?.reason else {
            Issue.record("not taken for a zombie")
            return
        }
        #expect(parent?.id.rawValue == getpid())
    }

    @Test func acceptsAProcessWhoseFirstThreadHasLeft() throws {
        let child = try TestProgram(
            named: "sonde-headless",
            source: """
                #include <pthread.h>
                #include <unistd.h>
                static pthread_t first;
                static void *live(void *unused) {
                    pthread_join(first, 0);
                    write(1, "ready\\n", 6);
                    for (;;) pause();
                }
                int main(void) {
                    pthread_t thread;
                    first = pthread_self();
                    pthread_create(&thread, 0, live, 0);
                    pthread_exit(0);
                }
                """)
        while try procfs.process(child.id).stat().state != .zombie { sched_yield() }
        #expect(procfs.diagnoseAttach(to: child.id) == nil)
    }

    @Test func refusesAThreadAndNamesItsProcess() throws {
        let child = try TestProgram(
            named: "sonde-threads",
            source: """
                #include <pthread.h>
                #include <unistd.h>
                static void *live(void *unused) { write(1, "ready\\n", 6); for (;;) pause(); }
                int main(void) { pthread_t thread; pthread_create(&thread, 0, live, 0); for (;;) pause(); }
                """)
        var tasks = try TaskList(of: procfs.process(child.id))
        var threads: [ThreadID] = []
        try tasks.read(into: &threads)
        let second = try #require(threads.last { $0.rawValue != child.id.rawValue })
        #expect(procfs.diagnoseAttach(to: ProcessID(rawValue: second.rawValue))?.reason == .threadOf(child.id))
    }

    @Test(.enabled(if: AttachDiagnosisTests.hasKernelThread)) func refusesAKernelThread() {
        #expect(procfs.diagnoseAttach(to: ProcessID(rawValue: 2))?.reason == .kernelThread(name: "kthreadd"))
    }

    @Test func namesTheTracerOfATracedProcess() throws {
        let tracer = try TestProgram(
            named: "sonde-tracer",
            source: """
                #include <signal.h>
                #include <stdio.h>
                #include <sys/prctl.h>
                #include <sys/ptrace.h>
                #include <unistd.h>
                int main(void) {
                    pid_t child = fork();
                    if (child == 0) { prctl(PR_SET_PDEATHSIG, SIGKILL); for (;;) pause(); }
                    if (ptrace(PTRACE_SEIZE, child, 0, 0)) return 1;
                    printf("ready\\n%d\\n", child);
                    fflush(stdout);
                    for (;;) pause();
                }
                """)
        let traced = ProcessID(rawValue: try #require(Int32(tracer.line())))
        let expected = AttachRefusal.Reason.alreadyTraced(by: .init(id: tracer.id, name: "sonde-tracer"))
        #expect(procfs.diagnoseAttach(to: traced)?.reason == expected)
        let thread = ThreadID(rawValue: traced.rawValue)
        #expect(AttachRefusal(errno: EPERM, attachingTo: thread, of: traced).reason == expected)
    }

    @Test func seesThatAProcessOfAnotherUserIsNotDumpable() throws {
        let child = try TestProgram(
            named: "sonde-secret",
            source: """
                #include <sys/prctl.h>
                #include <unistd.h>
                int main(void) {
                    if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) return 1;
                    prctl(PR_SET_DUMPABLE, 0);
                    write(1, "ready\\n", 6);
                    for (;;) pause();
                }
                """)
        #expect(try procfs.process(child.id).owner(of: "stat") == 0)
        #expect(try procfs.process(child.id).status().user?.effective == 65534)
    }

    @Test func findsNothingOnlyWhereTheKernelAllowsReading() throws {
        let attachable = try procfs.processes().filter { procfs.diagnoseAttach(to: $0) == nil }
        try #require(!attachable.isEmpty)
        for process in attachable {
            let directory = try? procfs.process(process)
            do throws(ProcFSError) {
                _ = try directory?.link("ns/user")
            } catch .notPermitted {
                Issue.record("process \(process)")
            } catch {
                // It has ended meanwhile.
            }
        }
    }

    @Test func explainsAFailureThatProcDoesNotShow() throws {
        let child = try TestProgram(named: "sonde-plain", source: Self.sleeperSource)
        let thread = ThreadID(rawValue: child.id.rawValue)
        #expect(AttachRefusal(errno: EACCES, attachingTo: thread, of: child.id).reason == .shielded)
        #expect(AttachRefusal(errno: ENOSYS, attachingTo: thread, of: child.id).reason == .systemCallFiltered)
        #expect(AttachRefusal(errno: EIO, attachingTo: thread, of: child.id).reason == .failed(errno: EIO))
        child.kill()
        #expect(AttachRefusal(errno: ESRCH, attachingTo: thread, of: child.id).reason == .noSuchProcess)
    }

    private static var hasKernelThread: Bool {
        (try? ProcFS().process(ProcessID(rawValue: 2)).stat().command) == "kthreadd"
    }
}
