import Interchange

extension ImageBuilder {
  /// The digest of everything that goes into a recipe's image: equal recipes out of equal libraries have equal ones.
  /// Nothing is linked.
  public func digest(of recipe: ImageRecipe) throws(ImageFault) -> String {
    let configuration = Parameter.encode(recipe.configuration)
    return try RecipeInputs(recipe: recipe, configuration: configuration, library: library).digest().description
  }

  /// The stored image of the recipe with that digest, if there is one that may be started as far as the key goes that its
  /// papers name: one of a revoked key, or of a stranger's, counts as none, and is made anew. It is not verified here.
  public func image(recipe digest: String) -> Image? {
    guard let key = Digest(digest), let stored = store.digest(ofRecipe: key), let image = try? store.image(stored),
      let signer = image.signature?.key, keys.trusts(signer)
    else { return nil }
    return image
  }

  /// The stored image of a recipe with that digest, if there is one within the recipe's budgets. Budgets are no part of the
  /// digest, since they do not shape the image: another service, or this one before a change, may have one that is over
  /// these. `build` says by how much. It is not verified here.
  public func image(of recipe: ImageRecipe, digest: String) -> Image? {
    guard let stored = image(recipe: digest), !recipe.budgets.isEmpty else { return image(recipe: digest) }
    do throws(ImageFault) {
      try check(
        try ImageStore.read(try store.path(of: stored.digest)), against: recipe.budgets, target: recipe.target)
      return stored
    } catch {
      return nil
    }
  }

  /// Checks a stored image and its papers before it is started: every byte, and a signature by a key of the ring that is
  /// not revoked.
  public func verify(_ digest: String) throws(ImageFault) {
    guard let standing = try keys.standing(of: try store.signer(of: digest)) else { throw .untrusted(digest: digest) }
    guard standing.state != .revoked else {
      throw .revoked(digest: digest, key: Digest(of: standing.publicKey).description)
    }
    try store.verify(digest, trustedKeys: [standing.publicKey])
  }
}
