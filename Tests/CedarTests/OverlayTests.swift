import Testing

@testable import Cedar

@Suite("attributes that a request brings")
struct OverlayTests {
  /// The entities as they would be stored with what an overlay has.
  private func stored(_ entities: Entities, _ overlay: EntityOverlay) throws -> Entities {
    var all = Dictionary(uniqueKeysWithValues: entities.all.map { ($0.uid, $0) })
    for (uid, attributes) in overlay.attributes {
      all[uid, default: Entity(uid)].attributes.merge(attributes) { _, new in new }
    }
    for (uid, ancestors) in overlay.ancestors { all[uid]?.parents.formUnion(ancestors) }
    return try Entities(Array(all.values))
  }

  @Test("they decide as if they were stored, indexed or not", arguments: 0..<60)
  func agrees(seed: Int) throws {
    var generator = PolicyGenerator(seed: UInt64(7000 + seed))
    let text = (0..<60).map { _ in generator.policy() }.joined(separator: "\n")
    let policies = try PolicySet(parsing: text)
    let index = PolicyIndex(policies)
    for _ in 0..<6 {
      let entities = generator.entities()
      let plain = Authorizer(policies: policies, entities: entities)
      let indexed = IndexedAuthorizer(index: index, entities: entities)
      for _ in 0..<25 {
        let request = generator.request()
        var overlay = EntityOverlay()
        overlay.add(generator.attributes(), to: request.principal)
        if generator.chance(60) { overlay.add(generator.attributes(), to: request.resource) }
        if generator.chance(30) { overlay.add(generator.attributes(), to: generator.pick(PolicyGenerator.users)) }
        if generator.chance(50) {
          // Groups are above users only, and none of them is above another by what is brought here.
          let group = generator.pick(PolicyGenerator.groups)
          overlay.add(
            ancestors: Set([group] + entities.ancestors(of: group)), to: generator.pick(PolicyGenerator.users))
        }
        let expected = Authorizer(policies: policies, entities: try stored(entities, overlay)).decide(request)
        #expect(plain.decide(request, overlay: overlay) == expected, "seed \(seed), \(request)")
        #expect(indexed.decide(request, overlay: overlay) == expected, "seed \(seed), \(request)")
      }
    }
  }

  @Test("an entity that is only referred to has the attributes that the request brings for it")
  func referred() throws {
    let zoe = EntityUID(type: "User", id: "zoe")
    let file = EntityUID(type: "File", id: "f")
    let policies = try PolicySet(
      parsing: "permit(principal, action, resource) when { resource.owner has dept && resource.owner.dept == \"law\" };"
    )
    let entities = try Entities([Entity(file, attributes: ["owner": .entity(zoe)])])
    let request = Request(principal: zoe, action: EntityUID(type: "Action", id: "read"), resource: file)
    let authorizer = IndexedAuthorizer(policies: policies, entities: entities)
    #expect(authorizer.decide(request).decision == .deny)
    var overlay = EntityOverlay()
    overlay.add(["dept": .string("law")], to: zoe)
    #expect(authorizer.decide(request, overlay: overlay).decision == .allow)
    #expect(authorizer.decide(request).decision == .deny)
  }

  @Test("the hierarchy and the tags stay as they are stored")
  func hierarchy() throws {
    let ann = EntityUID(type: "User", id: "ann")
    let policies = try PolicySet(
      parsing:
        "permit(principal in Group::\"staff\", action, resource) when { principal.getTag(\"t\") == principal.a };")
    let entities = try Entities([
      Entity(
        ann, attributes: ["a": .long(1)], tags: ["t": .long(2)], parents: [EntityUID(type: "Group", id: "staff")])
    ])
    let request = Request(principal: ann, action: EntityUID(type: "Action", id: "read"), resource: ann)
    let authorizer = IndexedAuthorizer(policies: policies, entities: entities)
    #expect(authorizer.decide(request).decision == .deny)
    var overlay = EntityOverlay()
    overlay.add(["a": .long(2)], to: ann)
    #expect(authorizer.decide(request, overlay: overlay).decision == .allow)
  }
}
