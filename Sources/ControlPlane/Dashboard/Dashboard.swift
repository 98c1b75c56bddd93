/// A page that shows what runs and what happens, made of the API's own answers. It is static, and has no secret: what it
/// shows, it asks for with the token that its reader gives it.
enum Dashboard {
  /// What the page may do: run its own script, and talk to where it came from.
  static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'"

  static let page = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Testudo</title>
    <link rel="stylesheet" href="/dashboard/style.css">
    </head>
    <body>
    <header>
    <h1>Testudo</h1>
    <form id="access">
    <label>Token <input id="token" type="password" autocomplete="off" spellcheck="false"></label>
    <label>Tenant <input id="tenant" size="12" placeholder="all"></label>
    <button>Show</button>
    </form>
    <p id="state" role="status"></p>
    </header>
    <main>
    <section><h2>Services</h2><table id="services"></table></section>
    <section><h2>Unikernels</h2><table id="unikernels"></table></section>
    <section><h2>Policies</h2><table id="policies"></table></section>
    <section><h2>Pool</h2><table id="pool"></table></section>
    <section><h2>Events</h2><table id="events"></table></section>
    </main>
    <script src="/dashboard/script.js"></script>
    </body>
    </html>

    """

  static let style = """
    :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
    body { font: 14px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; }
    header { align-items: baseline; display: flex; flex-wrap: wrap; gap: 1rem; }
    h1 { font-size: 1.3rem; margin: 0; }
    h2 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
    form { display: flex; flex-wrap: wrap; gap: .8rem; }
    input, button { font: inherit; padding: .15rem .4rem; }
    section { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; }
    th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem .25rem 0; text-align: left; vertical-align: top; }
    th { font-weight: 600; white-space: nowrap; }
    td.good::before { color: #17803d; content: "\\25CF  "; }
    td.wait::before { color: #a16207; content: "\\25CF  "; }
    td.bad::before { color: #b91c1c; content: "\\25CF  "; }
    tr.high td, tr.critical td { background: color-mix(in srgb, #b91c1c 10%, transparent); }
    tr.medium td { background: color-mix(in srgb, #a16207 10%, transparent); }

    """
}
