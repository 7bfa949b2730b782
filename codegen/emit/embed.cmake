# Writes OUTPUT: a C++ source that holds the text of FILES (paths below ROOT) as raw strings.
set(text "#include \"emit/embedded.hpp\"\n\nnamespace castnet::codegen {\n\n")
string(APPEND text "std::optional<std::string_view> embedded_template(std::string_view path) {\n")
foreach(file IN LISTS FILES)
  file(READ "${ROOT}/${file}" content)
  string(APPEND text "  if (path == \"${file}\") return R\"~template~(${content})~template~\";\n")
endforeach()
string(APPEND text "  return {};\n}\n\n}  // namespace castnet::codegen\n")
file(WRITE "${OUTPUT}" "${text}")
