/// Where one build of CPython keeps its threads, their frames and its lock: offsets in bytes.
///
/// From 3.13 on the process itself publishes most of them (`_Py_DebugOffsets`, Include/internal/pycore_debug_offsets.h);
/// for 3.6 to 3.12 there are tables by minor version, which `tools/cpython-layouts` makes from headers.
package struct CPythonLayout: Hashable, Sendable {
    /// Of `_PyRuntimeState`, at the symbol `_PyRuntime` (3.7 and later).
    package struct Runtime: Hashable, Sendable {
        /// The first `PyInterpreterState`.
        package let interpretersHead: Int
        /// The thread state of the thread that has the lock (`gilstate.tstate_current`); `nil` from 3.12 on.
        package let currentThread: Int?
        /// The lock itself where there is one for all interpreters (3.7 to 3.11).
        package let lock: Int?
    }

    /// Of `PyInterpreterState`.
    package struct Interpreter: Hashable, Sendable {
        package let next: Int
        package let threadsHead: Int
        /// `sys.modules`.
        package let modules: Int
        /// The state of the garbage collector (`gc`, 3.9 and later); `nil` where it has no lists of objects.
        package let collector: Int?
        /// Where the interpreter's own lock is (3.12 and later): a pointer to a `struct _gil_runtime_state`.
        package let lock: Int?
    }

    /// Of `struct _gil_runtime_state`.
    package struct Lock: Hashable, Sendable {
        /// An `int`: 1 while a thread holds it, -1 before it was made.
        package let locked: Int
        /// The thread state that held it last.
        package let lastHolder: Int
        /// An `int` that is 0 while threads run without it (builds without a global interpreter lock).
        package let enabled: Int?
    }

    /// Of `PyThreadState`.
    package struct Thread: Hashable, Sendable {
        package let next: Int
        package let interpreter: Int
        /// pthread_self(3) of the thread.
        package let threadID: Int
        /// The kernel's number of the thread in its own PID namespace (3.11 and later).
        package let nativeThreadID: Int?
        package let frames: Frames
        /// The chunk of memory in which it makes frames, and the first free byte of it (3.11 and later).
        package let dataStack: DataStack?
    }

    package struct DataStack: Hashable, Sendable {
        package let chunk: Int
        package let top: Int
    }

    /// How a thread state leads to its innermost frame.
    package enum Frames: Hashable, Sendable {
        /// 3.6 to 3.10: a pointer to a `PyFrameObject`; each interpreter loop runs one.
        case frameObject(Int)
        /// 3.11 and 3.12: a pointer to a `_PyCFrame`, a variable of the interpreter loop, which points to the frame and to the
        /// `_PyCFrame` of the loop outside.
        case controlFrame(Int, current: Int, previous: Int)
        /// 3.13 and later: a pointer to a `_PyInterpreterFrame`.
        case interpreterFrame(Int)

        /// Where the pointer is in the thread state.
        package var offset: Int {
            switch self {
            case .frameObject(let offset), .controlFrame(let offset, _, _), .interpreterFrame(let offset): offset
            }
        }
    }

    /// Of `PyFrameObject` up to 3.10, and of `_PyInterpreterFrame` from 3.11 on.
    package struct Frame: Hashable, Sendable {
        /// How many bytes hold all of these fields.
        package let byteCount: Int
        package let previous: Int
        /// The code object; from 3.14 on the two lowest bits are tags.
        package let code: Int
        package let instruction: Instruction
        package let entry: Entry
        /// Where the variables begin, a reference each (`f_localsplus`, `localsplus`); those of code that no function has are in
        /// a dictionary instead.
        package let variables: Int
    }

    /// How a frame knows the instruction that it is at.
    package enum Instruction: Hashable, Sendable {
        /// An `int` (`f_lasti`), counted in bytes up to 3.9 and in instructions of two bytes in 3.10.
        case index(Int, unit: Int)
        /// A pointer into the code object (`prev_instr`, `instr_ptr`).
        case pointer(Int)
    }

    /// What separates the frames of one interpreter loop from those of the next.
    package enum Entry: Hashable, Sendable {
        /// Up to 3.10: each frame has a loop of its own.
        case each
        /// 3.11: each loop's control frame points to its innermost frame; a byte (`is_entry`) says that a frame is its outermost one.
        case controlFrame(isEntry: Int)
        /// 3.12 and later: a loop's frames end with one that is a variable of the loop; a byte (`owner`) says so.
        case owner(Int, ofLoop: UInt8)
    }

    /// Of `PyCodeObject`.
    package struct Code: Hashable, Sendable {
        /// How many bytes hold all of these fields.
        package let byteCount: Int
        package let name: Int
        /// `co_qualname` (3.11 and later).
        package let qualifiedName: Int?
        package let fileName: Int
        package let firstLine: Int
        /// `co_lnotab` up to 3.9, `co_linetable` from 3.10 on: a bytes object.
        package let lineTable: Int
        /// Where the instructions begin (`co_code_adaptive`, 3.11 and later); before, they are a bytes object of their own.
        package let instructions: Int?
        /// Up to 3.10, the bytes object of the instructions (`co_code`).
        package let instructionBytes: Int?
        package let variables: Variables
    }

    /// Of `PyCodeObject`: which variables its frames have.
    ///
    /// The first three are `int`s.
    package struct Variables: Hashable, Sendable {
        /// `co_flags`.
        package let flags: Int
        /// Positional arguments, those that are only positional among them (`co_argcount`).
        package let arguments: Int
        package let keywordOnly: Int
        package let names: VariableNames
    }

    package enum VariableNames: Hashable, Sendable {
        /// Up to 3.10: tuples of the names of local variables, of those in cells and of free ones (`co_varnames`,
        /// `co_cellvars`, `co_freevars`), which the frame has in this order. An argument can be among the first two.
        case apart(Int, cells: Int, free: Int)
        /// 3.11 and later: a tuple of all names (`co_localsplusnames`), and a bytes object with the kind of each.
        case together(Int, kinds: Int)
    }

    /// Where a thread has its own copy of a code object's instructions (3.14 and later, without a global interpreter lock).
    ///
    /// A frame's instruction pointer points into the copy that the frame's `index` names.
    package struct ThreadCode: Hashable, Sendable {
        /// Of the frame, an `int32_t`.
        package let index: Int
        /// Of the code object, a pointer to an array: how many copies there are, as a word (`size`), and pointers to them.
        package let array: Int
        /// Of the array: the pointer of index 0, whose copy is the code object's own.
        package let entries: Int
    }

    /// `nil` for 3.6, whose state is in separate variables.
    package let runtime: Runtime?
    package let interpreter: Interpreter
    /// `nil` for 3.6, likewise.
    package let lock: Lock?
    package let thread: Thread
    package let frame: Frame
    package let code: Code
    /// `nil` where all threads execute the code object's own instructions.
    package let threadCode: ThreadCode?
}
