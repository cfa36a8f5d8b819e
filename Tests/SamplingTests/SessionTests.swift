import Foundation
import ProcFS
import ProfileModel
import Sampling
import TestSupport
import Testing

@Suite struct SessionTests {
    @Test func `A function that takes three quarters of the time gets three quarters of the samples`() throws {
        let program = try TestProgram("calibrated")
        let sampled = try SampledProcess(program, samples: 2000, options: SamplingOptions(rate: 997))
        let hot = sampled.count { $0.names.last == "hot" }
        let cold = sampled.count { $0.names.last == "cold" }
        #expect(isBinomial(hot, of: hot + cold, probability: 0.75, spread: sampled.spread))
        #expect(sampled.truncatedSamples == 0)
        #expect(sampled.roots == ["_start"])
    }

    @Test func `In wall mode every thread is counted at every tick`() throws {
        let program = try TestProgram("threads", "64", "2")
        let options = SamplingOptions(mode: .wall, rate: 200, sampler: .ptrace)
        let sampled = try SampledProcess(program, samples: 64 * 200, options: options)
        let ticks = sampled.ticks
        #expect(sampled.samples + sampled.lost == 64 * ticks)
        let byThread = Dictionary(grouping: sampled.stacks, by: \.thread.thread)
        #expect(byThread.count == 64)
        for stacks in byThread.values {
            let count = stacks.reduce(0) { $0 + $1.count }
            #expect((ticks - sampled.lost...ticks).contains(count), "\(stacks[0].thread.name)")
        }
    }

    @Test func `Sleeping threads show what they sleep in`() throws {
        let program = try TestProgram("threads", "64", "2")
        let sampled = try SampledProcess(program, samples: 64 * 50, options: SamplingOptions(mode: .wall, rate: 100))
        for stack in sampled.stacks {
            #expect(stack.isComplete, "\(stack.thread.name): \(stack.ending)")
            let kind = stack.thread.name.split(separator: "-")[0]
            switch kind {
            case "threads": #expect(stack.passes(["_start", "main", "pause"]))
            case "spin": #expect(stack.passes(["start_thread", "spinner", "spin"]))
            default: #expect(stack.passes(["start_thread", "sleeper", "sleep_in_\(kind)"]))
            }
        }
    }

    @Test func `In CPU mode sleeping threads are left out`() throws {
        let program = try TestProgram("threads", "64", "2")
        let sampled = try SampledProcess(program, samples: 300)
        #expect(Set(sampled.stacks.map(\.thread.name)) == ["spin-0", "spin-1"])
        #expect(sampled.ledger.taken[.sleeping] == 0)
    }

    @Test func `A recursion of 400 frames is followed to its root`() throws {
        let program = try TestProgram("recursion", "400")
        let sampled = try SampledProcess(program, samples: 200)
        #expect(sampled.truncatedSamples == 0)
        for stack in sampled.stacks {
            #expect(stack.names.count { $0 == "descend" } == 400)
            #expect(stack.passes(["_start", "main", "descend", "spin_at_bottom"]))
        }
    }

    @Test func `A stack of a megabyte is followed to its root once its size is known`() throws {
        let program = try TestProgram("recursion_O0", "12000")
        let options = SamplingOptions(rate: 200, frameLimit: 20_000, sampler: .ptrace)
        let sampled = try SampledProcess(program, samples: 200, options: options)
        let complete = sampled.stacks.filter(\.isComplete)
        #expect(complete.allSatisfy { $0.names.count { $0 == "descend" } == 12_000 })
        #expect(complete.reduce(0) { $0 + $1.count } >= 20)
        for stack in sampled.stacks where !stack.isComplete {
            #expect(stack.ending.truncation?.label == "beyond_copied_stack")
        }
    }

    @Test func `A stack above the frame limit says so`() throws {
        let program = try TestProgram("recursion", "400")
        let sampled = try SampledProcess(program, samples: 50, options: SamplingOptions(rate: 500, frameLimit: 100))
        #expect(sampled.truncatedSamples == sampled.samples)
        for stack in sampled.stacks {
            #expect(stack.ending == .truncated(.frameLimit(100)))
            #expect(stack.names.count == 100)
            #expect(stack.names.first == "descend" && stack.names.last == "spin_at_bottom")
        }
    }

    @Test func `Threads that live for a fifth of a millisecond are seen or counted as lost`() throws {
        let program = try TestProgram("thread_churn", "2000")
        let sampled = try SampledProcess(program, samples: 300, options: SamplingOptions(rate: 2000, sampler: .ptrace))
        let working = sampled.stacks.filter { $0.names.contains("short_life") }
        #expect(!working.isEmpty)
        #expect(working.allSatisfy { $0.passes(["start_thread", "run", "short_life"]) })
        #expect(sampled.roots.isSubset(of: ["_start", "clone3", "start_thread"]))
        #expect(Set(sampled.ledger.losses.counts.keys).isSubset(of: [.ended, .moved, .notStopped]))
    }

    @Test func `A process that executes another image is followed`() throws {
        let program = try TestProgram("exec_loop", "50")
        let sampled = try SampledProcess(program, samples: 800, options: SamplingOptions(sampler: .ptrace))
        let working = sampled.stacks.filter { $0.names.last == "spin_before_exec" && $0.isComplete }
        #expect(working.allSatisfy { $0.passes(["_start", "main", "spin_before_exec"]) })
        #expect(!working.isEmpty)
        // The loader, which begins each image, has an entry of its own.
        let named = sampled.roots.filter { !$0.hasPrefix("0x") }
        #expect(named.isSubset(of: ["_start", "_dl_start_user"]))
    }

    @Test func `Functions of one library never appear in the other that was loaded at its place`() throws {
        let program = try TestProgram("dlopen")
        let sampled = try SampledProcess(program, samples: 600)
        let right = [["plugin_work", "plugin_a_inner"], ["plugin_work", "plugin_b_middle", "plugin_b_inner"]]
        for stack in sampled.stacks where stack.isComplete && stack.names.contains(where: { $0.hasPrefix("plugin_") }) {
            let inPlugin = stack.names.filter { $0.hasPrefix("plugin_") }
            #expect(right.contains { $0.starts(with: inPlugin) }, "\(stack.names)")
            #expect(stack.passes(["_start", "main", "use_plugin"]))
        }
        for leaf in ["plugin_a_inner", "plugin_b_inner"] {
            #expect(sampled.count { $0.isComplete && $0.names.last == leaf } > 0)
        }
    }

    @Test func `Functions never appear in a library of the same size that took the place of theirs`() throws {
        let program = try TestProgram("dlopen_twins", "5")
        let sampled = try SampledProcess(program, samples: 600)
        let inside = sampled.stacks.filter { $0.isComplete && $0.names.last?.hasPrefix("twin_") == true }
        try #require(!inside.isEmpty)
        for stack in inside {
            let isRight = [["use_twin_a", "twin_a_inner"], ["use_twin_b", "twin_b_inner"]].contains { stack.passes($0) }
            #expect(isRight, "\(stack.count) × \(stack.names)")
        }
    }

    @Test func `A library that takes the place of one of its size is soon known`() throws {
        let program = try TestProgram("dlopen_twins", "300")
        let sampled = try SampledProcess(program, samples: 600)
        let inside = sampled.stacks.filter { $0.names.last?.hasPrefix("twin_") == true && $0.isComplete }
        let total = inside.reduce(0) { $0 + $1.count }
        let right = inside.filter {
            $0.passes(["use_twin_a", "twin_a_inner"]) || $0.passes(["use_twin_b", "twin_b_inner"])
        }
        .reduce(0) { $0 + $1.count }
        #expect(total > 400 && total - right < total / 10, "\(right) of \(total)")
    }

    @Test func `Children that are forked later are sampled with their parent`() throws {
        let program = try TestProgram("fork_children", "2", "2", "200")
        let children = [try program.lateChild(), try program.lateChild()]
        let options = SamplingOptions(rate: 500, followsChildren: true)
        let sampled = try SampledProcess(program, samples: 400, options: options)
        let seen = Set(sampled.stacks.map(\.thread.process.rawValue))
        #expect(seen.isSuperset(of: children) && seen.count == 4)
        #expect(sampled.stacks.allSatisfy { $0.passes(["main", "start_child"]) })
        // A child begins in fork(), where its first accesses to memory take a while.
        #expect(sampled.count { $0.passes(["main", "start_child", "child_work"]) } * 10 > sampled.samples * 9)
    }

    @Test func `Children are left alone when they were not asked for`() throws {
        let program = try TestProgram("fork_children", "2", "0")
        let options = SamplingOptions(mode: .wall, rate: 500)
        let sampled = try SampledProcess(program, samples: 100, options: options)
        #expect(Set(sampled.stacks.map(\.thread.process)) == [program.id])
    }

    @Test func `What was seen of a process that ends is kept`() throws {
        let program = try TestProgram("exits", "1500")
        let sampled = try SampledProcess(program, samples: .max)
        #expect(sampled.count { $0.passes(["_start", "main", "spin_until_exit"]) } > 0)
        #expect(try program.child.exitStatus() == .exited(0))
    }

    @Test func `Two processes are sampled at once`() throws {
        let programs = [try TestProgram("calibrated"), try TestProgram("recursion", "10")]
        let sampled = try SampledProcess(programs.map(\.id), samples: 400)
        for program in programs {
            #expect(sampled.count { $0.thread.process == program.id } > 0)
        }
    }
}

extension TestProgram {
    /// The PID of the next child that `fork_children` announces.
    fileprivate func lateChild() throws -> Int32 {
        let line = try child.line { $0.hasPrefix("child ") }
        return Int32(line.dropFirst(6)) ?? 0
    }
}
