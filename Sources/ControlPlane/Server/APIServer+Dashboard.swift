import HTTPTypes
import Hummingbird

// The page that shows what runs. It needs no token: it is the same for everybody, and asks with its reader's.

extension APIServer {
  func addDashboard(to router: Router<BasicRequestContext>) {
    router.get("/") { _, _ in Self.part(Dashboard.page, "text/html; charset=utf-8") }
    router.get("dashboard/style.css") { _, _ in Self.part(Dashboard.style, "text/css; charset=utf-8") }
    router.get("dashboard/script.js") { _, _ in Self.part(Dashboard.script, "text/javascript; charset=utf-8") }
  }

  private static func part(_ text: String, _ type: String) -> Response {
    var response = Answer.text(text, type: type)
    response.headers[.contentSecurityPolicy] = Dashboard.contentSecurityPolicy
    response.headers[HTTPField.Name("X-Content-Type-Options")!] = "nosniff"
    response.headers[HTTPField.Name("Referrer-Policy")!] = "no-referrer"
    response.headers[.cacheControl] = "no-cache"
    return response
  }
}
