import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

/// The command line. Exit statuses are promised: 0 done; 1 the input or the service is at fault; 2 wrong usage; 3 this host
/// lacks something; 4 refused by policy.
@main
enum Main {
  static func main() async {
    // A reader that goes away, such as `head`, ends the program without a word.
    signal(SIGPIPE, SIG_DFL)
    // Whose usage is shown with what is wrong.
    var asked: any ParsableCommand.Type = Testudo.self
    do {
      var command = try Testudo.parseAsRoot()
      asked = type(of: command)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exit(Main.status(of: error, asked))
    }
  }

  private static func status(of error: any Error, _ asked: any ParsableCommand.Type) -> Int32 {
    switch error {
    case let problem as Problem:
      Console.report(problem)
      return problem.exitStatus
    case let fault as OrchestrationFault:
      let problem = Problem(fault)
      Console.report(problem)
      return problem.exitStatus
    case let code as ExitCode:
      return code.rawValue
    default:
      let text = Main.text(of: error, asked)
      if Testudo.exitCode(for: error) == .success {
        print(text)
        return 0
      }
      Console.say(text)
      return Testudo.exitCode(for: error) == .validationFailure ? 2 : 1
    }
  }
}

extension Main {
  /// What is wrong, and the usage: of the command that was asked for, where that is known.
  private static func text(of error: any Error, _ asked: any ParsableCommand.Type) -> String {
    guard error is ValidationError, asked != Testudo.self else { return Testudo.fullMessage(for: error) }
    return "Error: \(Testudo.message(for: error))\nUsage: \(Testudo.usageString(for: asked))"
  }
}

struct Testudo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "testudo",
    abstract: "Software-defined security for clouds made of unikernels.",
    discussion: """
      Describe a service in TOSCA and how it must be protected at each security level; testudo generates protected
      unikernels, runs them, and adapts them.

      Example: testudo up Examples/portal --set credentials=@Examples/portal/accounts.yaml
      """,
    version: APIServer.version,
    subcommands: [
      Init.self, Validate.self, Lsp.self, Inspect.self, ArchiveCommand.self, Plan.self, Up.self, Ps.self, Logs.self,
      Events.self, Context.self,
      Level.self, Phase.self, PolicyCommand.self, DecisionCommand.self, ImageCommand.self, KeyCommand.self,
      PoolCommand.self, NoticeCommand.self, QuarantineCommand.self, RevocationCommand.self, RuleCommand.self, Down.self,
      Serve.self, Doctor.self,
      TokenCommand.self, TransmitterCommand.self, TenantCommand.self, StateCommand.self, CertificateCommand.self,
      Threats.self,
    ])
}

extension Problem {
  var exitStatus: Int32 {
    switch kind {
    case .input, .execution: 1
    case .host: 3
    case .refused: 4
    }
  }
}
