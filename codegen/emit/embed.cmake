# Writes OUTPUT: a C++ source whose function NAME, declared in HEADER, gives the text of FILES by
# their paths: those below ROOT, and those of absolute paths by their names.
set(text "#include \"${HEADER}\"\n\nnamespace castnet::codegen {\n\n")
string(APPEND text "std::optional<std::string_view> ${NAME}(std::string_view path) {\n")
foreach(file IN LISTS FILES)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${ROOT}" OUTPUT_VARIABLE source)
  if(IS_ABSOLUTE "${file}")
    cmake_path(GET file FILENAME file)
  endif()
  file(READ "${source}" content)
  # What a script or style sheet says of its source map is a reference to a file.
  string(REGEX REPLACE "/[/*]# sourceMappingURL=[^\n]*" "" content "${content}")
  string(APPEND text "  if (path == \"${file}\") return R\"~template~(${content})~template~\";\n")
endforeach()
string(APPEND text "  return {};\n}\n\n}  // namespace castnet::codegen\n")
file(WRITE "${OUTPUT}" "${text}")
