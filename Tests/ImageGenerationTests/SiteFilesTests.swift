import Foundation
import ImageGeneration
import SecTOSCA
import Testing

@Suite("Files of sites")
struct SiteFilesTests {
  @Test("a site's files are read with their paths, and names with a dot in front are left out")
  func reading() throws {
    let folder = try TemporaryFolder()
    try folder.write("<p>", to: "site/index.html")
    try folder.write("a", to: "site/deep/er/a.txt")
    try folder.write("secret", to: "site/.git/config")
    try folder.write("contact", to: "site/.well-known/security.txt")
    try folder.write("not of the site", to: "other.txt")
    let files = try SiteFiles(of: Portal.storefront, root: folder.path)
    #expect(files.sites.keys.sorted() == ["site"])
    #expect(files.sites["site"]?.map(\.path) == ["/.well-known/security.txt", "/deep/er/a.txt", "/index.html"])
    #expect(files.sites["site"]?.last?.body == Array("<p>".utf8))
  }

  @Test("a resource without a site has no files")
  func withoutSite() throws {
    #expect(try SiteFiles(of: Portal.orders, root: "/nowhere").sites.isEmpty)
  }

  @Test("a folder that is missing is named")
  func missing() throws {
    let folder = try TemporaryFolder()
    let fault = try #require(throws: SiteFault.self) { try SiteFiles(of: Portal.storefront, root: folder.path) }
    #expect(fault.description == "\(folder.path)/site: this folder cannot be read, expected the files of a site")
  }

  @Test("a link out of the site is refused, one inside it is followed")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.write("secret", to: "secret.txt")
    try folder.write("text", to: "site/a.txt")
    let site = "\(folder.path)/site"
    try FileManager.default.createSymbolicLink(atPath: "\(site)/b.txt", withDestinationPath: "a.txt")
    #expect(try SiteFiles(of: Portal.storefront, root: folder.path).sites["site"]?.count == 2)
    try FileManager.default.createSymbolicLink(atPath: "\(site)/c.txt", withDestinationPath: "../secret.txt")
    let fault = try #require(throws: SiteFault.self) { try SiteFiles(of: Portal.storefront, root: folder.path) }
    #expect(fault.message == "a link out of the site's folder")
    try FileManager.default.removeItem(atPath: "\(site)/c.txt")
    try FileManager.default.createSymbolicLink(atPath: "\(site)/loop", withDestinationPath: ".")
    #expect(throws: SiteFault.self) { try SiteFiles(of: Portal.storefront, root: folder.path) }
  }
}
