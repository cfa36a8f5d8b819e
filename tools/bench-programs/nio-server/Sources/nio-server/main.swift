// A SwiftNIO server of two event loops that sends back what it gets, and a thread pool that sleeps in turns. It says
// "ready" when it listens.
import Glibc
import NIOCore
import NIOPosix

final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }
}

let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
let server = try await ServerBootstrap(group: group)
    .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
    }
    .bind(host: "127.0.0.1", port: 0).get()
for loop in group.makeIterator() {
    // It wakes up now and then, as servers do.
    loop.scheduleRepeatedTask(initialDelay: .milliseconds(7), delay: .milliseconds(7)) { _ in usleep(3000) }
}
let pool = NIOThreadPool(numberOfThreads: 2)
pool.start()
print("ready")
fflush(nil)
while true {
    _ = try await pool.runIfActive { usleep(5000) }
    try await Task.sleep(for: .milliseconds(2))
}
