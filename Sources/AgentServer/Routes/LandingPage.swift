/// What a browser shows at `/`.
enum LandingPage {
    static let html = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sonde</title>
        <style>body { font: 1rem/1.5 sans-serif; margin: 2rem; } td { padding-right: 1.5rem; }</style>
        </head>
        <body>
        <h1>Sonde</h1>
        <p>Watches all processes of this host for memory leaks, from outside.</p>
        <table>
        <tr><td><a href="/metrics">/metrics</a></td><td>for Prometheus</td></tr>
        <tr><td><a href="/metrics/summary">/metrics/summary</a></td><td>the same figures as JSON</td></tr>
        <tr><td><a href="/api/v1/metrics">/api/v1/metrics</a></td><td>the host and its groups now</td></tr>
        <tr><td><a href="/api/v1/metrics/report">/api/v1/metrics/report</a></td><td>key figures, leaks, alerts</td></tr>
        <tr><td><a href="/api/v1/metrics/dashboard">/api/v1/metrics/dashboard</a></td><td>all of it</td></tr>
        <tr><td><a href="/api/v1/processes">/api/v1/processes</a></td><td>processes, the largest first</td></tr>
        <tr><td><a href="/api/v1/groups">/api/v1/groups</a></td><td>groups, the largest first</td></tr>
        <tr><td><a href="/api/v1/alerts">/api/v1/alerts</a></td><td>active alerts</td></tr>
        <tr><td><a href="/api/v1/alerts?state=resolved">/api/v1/alerts?state=resolved</a></td><td>past alerts</td></tr>
        <tr><td><a href="/readyz">/readyz</a>, <a href="/healthz">/healthz</a></td><td>ready, alive</td></tr>
        <tr><td><a href="/api/v1/openapi.yaml">/api/v1/openapi.yaml</a></td><td>all routes, described</td></tr>
        </table>
        </body>
        </html>

        """
}
