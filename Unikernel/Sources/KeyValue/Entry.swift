import HTTP
import LibraryOS

#if hasFeature(Embedded)
  @section("modules") @used
  let entry: ModuleEntry = (
    62,
    {
      let registry = Registry.taking($0)
      registry.serve { HTTPServer(registry: $0) }
      registry.add(application: KeyValue(random: registry.random))
    }
  )
#endif
