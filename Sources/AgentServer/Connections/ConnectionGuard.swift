import NIOCore
import NIOHTTP1

/// Keeps a connection within time and order: a request that doesn't arrive, a response that isn't taken, malformed bytes.
///
/// Between two requests a connection may be silent for long; once a byte of the next one comes, its head has to come
/// soon, however it drips in.
///
/// It stands between the HTTP decoder and the rest, closes as `Connection` and the HTTP version ask for, and after the
/// last response reads on for a moment: a socket that is closed with unread bytes resets, which may lose the response.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        case open
        /// Malformed bytes came: what was asked for before is answered, then they are refused.
        case refusing(HTTPParserError)
        /// Nothing more is answered.
        case closing
    }

    private let time: TimeAmount
    private let idleTime: TimeAmount
    private let maximumAge: TimeAmount
    private let connections: OpenConnections
    private let began = NIODeadline.now()
    private var phase = Phase.open
    /// Of each request that is not answered, whether the connection may stay open after it.
    private var unanswered = CircularBuffer<Bool>()
    private var isRequestIncomplete = false
    /// Responses that have begun, and of which something is not sent yet.
    private var leaving = 0
    private var closesAfterResponse = false
    /// All that came was answered, and nothing came since.
    private var isIdle = false
    /// Whether of the bytes that are being read some were part of a request.
    private var hasPart = false
    /// For a head to come.
    private var silence: Scheduled<Void>?
    private var arrival: Scheduled<Void>?
    private var departure: Scheduled<Void>?

    init(_ limits: ServerLimits, _ connections: OpenConnections) {
        time = .milliseconds(Int64(limits.seconds * 1000))
        idleTime = max(time, .milliseconds(Int64(limits.idleSeconds * 1000)))
        maximumAge = .milliseconds(Int64(limits.ageSeconds * 1000))
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { awaitHead(context, in: time) }
    }

    func channelActive(context: ChannelHandlerContext) {
        awaitHead(context, in: time)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = phase else { return }
        hasPart = true
        switch unwrapInboundIn(data) {
        case .head(let head):
            isIdle = false
            connections.beginRequest(context.channel)
            silence?.cancel()
            unanswered.append(head.isKeepAlive)
            isRequestIncomplete = true
            arrival?.cancel()
            arrival = schedule(context) { if $0.isRequestIncomplete { $1.fireErrorCaught(RequestTimeout()) } }
        case .body: break
        case .end:
            isRequestIncomplete = false
            arrival?.cancel()
            // The response may have left before.
            beginIdle(context)
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // The handlers after this one have stopped to ask for more.
        if case .closing = phase { context.read() }
        if isIdle, !hasPart {
            isIdle = false
            awaitHead(context, in: time)
        }
        hasPart = false
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .closing = phase {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if unanswered.first != true || .now() - began > maximumAge {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            }
            closesAfterResponse = head.headers[canonicalForm: "connection"].contains("close")
            leaving += 1
            departure?.cancel()
            departure = schedule(context) { $1.close(promise: nil) }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end: writeEnd(context, data, promise)
        }
    }

    private func writeEnd(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        _ = unanswered.popFirst()
        if closesAfterResponse { phase = .closing }
        let promise = promise ?? context.eventLoop.makePromise()
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        promise.futureResult.whenSuccess {
            let (connection, context) = loopBound.value
            connection.responseLeft(context)
        }
        context.write(data, promise: promise)
    }

    private func responseLeft(_ context: ChannelHandlerContext) {
        leaving -= 1
        // The deadline is that of the last one.
        if leaving == 0 { departure?.cancel() }
        switch phase {
        case .open: beginIdle(context)
        case .refusing(let error): if unanswered.isEmpty { refuse(error, context) }
        case .closing: linger(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, phase) {
        case (_, .closing): context.close(promise: nil)
        case (let error as HTTPParserError, .open):
            // Who reads the rest of the request has to learn that it doesn't come.
            if isRequestIncomplete { return context.fireErrorCaught(error) }
            phase = .refusing(error)
            if unanswered.isEmpty { refuse(error, context) }
        case (is HTTPParserError, .refusing): break
        default: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is OpenConnections.Eviction {
            if unanswered.isEmpty, leaving == 0, !isRequestIncomplete { context.close(promise: nil) }
            return
        }
        if case .closing = phase, let event = event as? ChannelEvent, event == .inputClosed {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancelDeadlines() }

    private func beginIdle(_ context: ChannelHandlerContext) {
        guard case .open = phase, unanswered.isEmpty, leaving == 0, !isRequestIncomplete, !isIdle else { return }
        switch connections.beginIdle(context.channel) {
        case .long: awaitHead(context, in: idleTime)
        case .short: awaitHead(context, in: time)
        case .none:
            phase = .closing
            return linger(context)
        }
        isIdle = true
    }

    private func awaitHead(_ context: ChannelHandlerContext, in time: TimeAmount) {
        silence?.cancel()
        silence = schedule(context, in: time) { $1.close(promise: nil) }
    }

    private func refuse(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        let refusal = MalformedRequest(error)
        phase = .closing
        context.write(wrapOutboundOut(.head(refusal.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(refusal.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        isIdle = false
        cancelDeadlines()
        departure = schedule(context, in: .seconds(1)) { $1.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func cancelDeadlines() {
        silence?.cancel()
        arrival?.cancel()
        departure?.cancel()
    }

    private func schedule(
        _ context: ChannelHandlerContext, in time: TimeAmount? = nil,
        _ action: @escaping @Sendable (ConnectionGuard, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: time ?? self.time) { action(loopBound.value.0, loopBound.value.1) }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}

/// The rest of a request did not come in time.
struct RequestTimeout: Error {}
