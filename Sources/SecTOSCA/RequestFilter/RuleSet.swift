extension RequestFilter {
  /// Rules that come with the product.
  public enum RuleSet: String, Hashable, Sendable, Codable, CaseIterable {
    /// Shapes of attacks that scanners and worms try everywhere.
    case commonAttacks = "common_attacks"

    /// The rules.
    var rules: [Rule] {
      switch self {
      case .commonAttacks: CommonAttacks.rules
      }
    }
  }
}

/// Shapes that attacks have and other requests do not. They keep the noise away from an application, and take no flaw out of
/// it. Each is written so that prose, code in a form and JSON pass: the tests have a list of both.
enum CommonAttacks {
  static let rules: [RequestFilter.Rule] = shapes.flatMap { shape in
    shape.parts.map { part in
      RequestFilter.Rule(
        name: shape.name, status: 403, matches: [RequestFilter.Match(part: part, patterns: shape.patterns)])
    }
  }

  private typealias Shape = (name: String, parts: [RequestFilter.Part], patterns: [String])

  private static let shapes: [Shape] = [
    pathTraversal, hiddenFiles, sqlInjection, crossSiteScripting, commandInjection, lookupInjection,
  ]

  /// Ways out of a folder, and files that attackers look for there (CWE-22).
  private static let pathTraversal: Shape = (
    "path-traversal", [.decodedPath, .decodedQuery, .decodedBody],
    [
      #"(^|[=/\\])\.\.[/\\]+\.\.[/\\]"#,
      #"(?i)/etc/+(passwd|shadow|group|hosts|issue)\b"#,
      #"(?i)/proc/+self/"#,
      #"(?i)[/\\](win|boot)\.ini\b"#,
      #"(?i)(^|=)(php|phar|expect|zip|glob|file)://"#,
    ]
  )

  /// Files that were never meant to be served (CWE-538).
  private static let hiddenFiles: Shape = (
    "hidden-files", [.decodedPath],
    [
      #"(?i)/\.(git|svn|hg|ssh|aws|docker|env|htpasswd|htaccess|bash_history|ds_store)(/|\.|$)"#,
      #"(?i)/(wp-config|web\.config|id_rsa)([._-][\w.]*)?$"#,
      #"(?i)\.(bak|swp|sql|old)$"#,
    ]
  )

  /// Pieces of SQL that end a value and go on as a statement (CWE-89).
  private static let sqlInjection: Shape = (
    "sql-injection", [.decodedQuery, .decodedBody],
    [
      #"(?i)\bunion[\s/*()!]+((all|distinct)[\s/*()!]+)?select[\s/*()!]+([\d'"@]|null\b|\w[\w.,\s]*\sfrom\b)"#,
      #"(?i)['"]\s*\)*\s*(or|and|\|\||&&)\s*\(*\s*\d+\s*[=<>]+\s*\d"#,
      #"(?i)['"]\s*\)*\s*(or|and|\|\||&&)\s*\(*\s*['"]\w*['"]\s*([=<>]|like\b)"#,
      #"(?i)[=\d]\s+(or|and)\s+\d+\s*=\s*\d"#,
      #"(?i);\s*(drop|truncate|alter|create)\s+(table|database|schema|user)\s"#,
      #"(?i);\s*(insert\s+into|delete\s+from|exec\s+(master|xp_|sp_))"#,
      #"(?i)\b(pg_sleep|sleep|benchmark)\(\s*\d"#,
      #"(?i)\bwaitfor\s+delay\s+'"#,
      #"(?i)\b(load_file|extractvalue|updatexml)\("#,
      #"(?i)\b(xp_cmdshell\b|information_schema\.|into\s+(out|dump)file\s)"#,
      #"\w['"]\)*\s*(--|#)[\s-]*(&|$)"#,
    ]
  )

  /// Pieces of pages that run scripts (CWE-79).
  private static let crossSiteScripting: Shape = (
    "cross-site-scripting", [.decodedPath, .decodedQuery, .decodedBody],
    [
      #"(?i)<\s*/?\s*script[\s/>]"#,
      #"(?i)<[a-z][^>]*[\s/"']on[a-z]{3,}\s*="#,
      #"(?i)j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:\s*[\w.$\[\]'"]+\s*[(=`]"#,
      #"(?i)\bvbscript\s*:\s*\w+\s*[("]"#,
      #"(?i)\bdata:text/html[;,]"#,
      #"(?i)<\s*(iframe|object|embed|applet|base|meta)\s[^>]*(src|srcdoc|data|href|http-equiv)\s*="#,
    ]
  )

  /// Commands of a shell behind a value (CWE-78).
  private static let commandInjection: Shape = (
    "command-injection", [.decodedQuery, .decodedBody],
    [
      #"(?i)(;|\||&&|\n)\s*(cat|ls|rm|nc|ping|wget|curl|chmod|bash|sh|perl|python[23]?)\s+(-[a-z]|[/~$]|https?:|\d+\.\d)"#,
      #"(?i)(;|\||&&)\s*(id|whoami|uname|ifconfig|netstat)(\s+-\w+)?\s*([;|&#]|$)"#,
      #"(?i)\$\(\s*(cat|ls|id|whoami|uname|wget|curl|nc|bash|sh|ping|sleep)(\s|\))"#,
      #"(?i)[=;|&`\s]/bin/(ba|da|z|k|c)?sh\b"#,
      #"(?i)\bcmd(\.exe)?\s+/c\s"#,
      #"(?i)\bpowershell(\.exe)?\s+-(e|c|nop|w|ex)"#,
    ]
  )

  /// What is looked up or run when it is written into a log or an environment (CWE-917, CVE-2021-44228, CVE-2014-6271).
  private static let lookupInjection: Shape = (
    "lookup-injection", [.decodedPath, .decodedQuery, .decodedBody, .header],
    [
      #"(?i)\$\{\s*(jndi|(lower|upper|env|sys|::-)[^}]*\}?[^}]*j)"#,
      #"\(\)\s*\{[^}]*\}\s*;"#,
    ]
  )
}
