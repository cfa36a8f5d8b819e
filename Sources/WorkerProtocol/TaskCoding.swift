internal import ProfileModel

extension RuntimeTasks {
    func write(to writer: inout MessageWriter) {
        writer.list(loops) { $0.put($1.thread) }
        writer.list(tasks) { $1.write(to: &$0) }
        writer.list(missing) { $0.put($1) }
        writer.put(mayMixTimes)
    }

    /// Positions that tasks refer to are those of the lists.
    init(reading reader: inout MessageReader) throws(MessageError) {
        let loops = try reader.list("loops", limit: Self.limit, size: 1) { (reader) throws(MessageError) in
            Loop(thread: try reader.optionalText("thread", limit: MessageLimits.name))
        }
        let tasks = try reader.list("tasks", limit: Self.limit, size: 12) { (reader) throws(MessageError) in
            try RuntimeTask(reading: &reader)
        }
        let missing = try reader.list("missing", limit: 64, size: 4) { (reader) throws(MessageError) in
            try reader.text("missing", limit: MessageLimits.name)
        }
        let areInLists = tasks.allSatisfy { task in
            task.loop < loops.count && task.awaited?.tasks.allSatisfy { $0 < tasks.count } ?? true
        }
        guard areInLists else { throw reader.invalid("position") }
        self.init(loops: loops, tasks: tasks, missing: missing, mayMixTimes: try reader.flag("times"))
    }
}

extension RuntimeTask {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(name)
        writer.put(state.rawValue)
        writer.put(loop)
        writer.put(awaited != nil)
        if let awaited {
            writer.put(awaited.type)
            writer.list(awaited.tasks) { $0.put($1) }
        }
        writer.list(frames) { writer, frame in
            writer.put(frame.function.rawValue)
            writer.put(frame.line)
        }
        writer.put(loss.map { $0.rawValue + 1 } ?? 0)
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let name = try reader.optionalText("name", limit: MessageLimits.name)
        guard let state = State(rawValue: try reader.integer()) else { throw reader.invalid("state") }
        let loop: UInt32 = try reader.integer()
        let awaited = try reader.flag("awaited") ? try Awaited(reading: &reader) : nil
        let frames = try reader.list("frames", limit: RuntimeTasks.frameLimit, size: 9) {
            (reader) throws(MessageError) in
            Frame(
                function: InterpretedFunctionID(rawValue: try reader.integer()),
                line: try reader.optionalInteger("line"))
        }
        let number: UInt8 = try reader.integer()
        let loss = number == 0 ? nil : Loss(rawValue: number - 1)
        guard number == 0 || loss != nil else { throw reader.invalid("loss") }
        self.init(name: name, state: state, loop: loop, awaited: awaited, frames: frames, loss: loss)
    }
}

extension RuntimeTask.Awaited {
    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let type = try reader.text("type", limit: MessageLimits.name)
        self.init(
            type: type,
            tasks: try reader.list("tasks", limit: RuntimeTasks.limit, size: 4) { (reader) throws(MessageError) in
                try reader.integer()
            })
    }
}
