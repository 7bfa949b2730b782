# Every checked-in CUDA program as a trainer, cuda_trainer_NAME; castnet_cuda_trainers builds them
# all. Not part of the default build: nvcc takes its time.
add_custom_target(castnet_cuda_trainers)
file(GLOB CUDA_PROGRAMS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/generated/*/cuda.cu)
foreach(program IN LISTS CUDA_PROGRAMS)
  get_filename_component(folder ${program} DIRECTORY)
  get_filename_component(name ${folder} NAME)
  add_executable(cuda_trainer_${name} EXCLUDE_FROM_ALL ${program})
  target_compile_options(cuda_trainer_${name} PRIVATE ${CASTNET_CUDA_FLAGS})
  target_link_libraries(cuda_trainer_${name} PRIVATE castnet_runtime_cuda_fp32)
  add_dependencies(castnet_cuda_trainers cuda_trainer_${name})
endforeach()
