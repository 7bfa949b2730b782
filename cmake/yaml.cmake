# CASTNET_YAML: the target of yaml-cpp, which the generator reads specs with.
find_package(yaml-cpp REQUIRED)
set(CASTNET_YAML yaml-cpp)
if(TARGET yaml-cpp::yaml-cpp)  # from version 0.8 on
  set(CASTNET_YAML yaml-cpp::yaml-cpp)
endif()
set(CMAKE_REQUIRED_LIBRARIES ${CASTNET_YAML})
check_cxx_source_compiles([[
  #include <string>
  #include <yaml-cpp/yaml.h>
  int main() { return static_cast<int>(YAML::Load(std::string("a: 1")).size()); }]] CASTNET_YAML_LINKS)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT CASTNET_YAML_LINKS)
  unset(CASTNET_YAML_LINKS CACHE)  # another one may be there next time
  message(FATAL_ERROR "yaml-cpp does not link with ${CASTNET_COMPILER} and these flags: "
                      "'${CMAKE_CXX_FLAGS}'. Debian's was built with GCC's libstdc++, and does not "
                      "fit to LLVM's libc++. -Dyaml-cpp_DIR=... names one that fits; "
                      "-DCASTNET_GENERATOR=OFF builds the runtime alone, for source that another "
                      "castnet generated (docs/platforms.md)")
endif()
