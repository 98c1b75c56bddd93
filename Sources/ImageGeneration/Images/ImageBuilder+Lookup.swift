import Interchange

extension ImageBuilder {
  /// The digest of everything that goes into a recipe's image: equal recipes out of equal libraries have equal ones.
  /// Nothing is linked.
  public func digest(of recipe: ImageRecipe) throws(ImageFault) -> String {
    let configuration = Parameter.encode(recipe.configuration)
    return try RecipeInputs(recipe: recipe, configuration: configuration, library: library).digest().description
  }

  /// The stored image of the recipe with that digest, if there is one. It is not verified here.
  public func image(recipe digest: String) -> Image? {
    guard let key = Digest(digest), let stored = store.digest(ofRecipe: key) else { return nil }
    return try? store.image(stored)
  }

  /// Checks a stored image and its papers before it is started: every byte, and a signature by this builder's key.
  public func verify(_ digest: String) throws(ImageFault) {
    try store.verify(digest, trustedKeys: [signingKey.publicKey])
  }
}
